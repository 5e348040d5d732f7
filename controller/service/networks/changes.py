"""Transactions that change a network while hosts have it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudnet.common.errors import BadRequest, NetworkSetHostFailed, NoMoreNetworks
from cloudnet.controller.db.changes import add as add_change
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model.changes import NETWORK_UPDATED, network_change
from cloudnet.controller.model.records import Network, SnapshotKey
from cloudnet.controller.service.hosts.administration import require_enabled
from cloudnet.controller.service.networks.lookup import lock_network, refuse_if_allocated
from cloudnet.controller.service.networks.network_selection import no_free_network_error

Changed = tuple[Network, set[SnapshotKey]]  # the network as it is now, and which snapshots change


def set_host(connection: Connection, uuid: str, host: str, now: datetime) -> Changed:
    """Make a host the gateway of a network, with its guests and floating IPs.

    :raises BadRequest: the network is multi-host
    :raises HostDisabled: an operator has disabled the host
    """
    network = lock_network(connection, uuid)
    if network.multi_host:
        raise BadRequest(
            f"network {network.label} is multi-host: every host is its own gateway; leave host out"
        )
    require_enabled(connection, host)
    network_rows.update(connection, network.id, now, host=host)
    network = network_rows.get_by_id(connection, network.id)
    changed = host_change_rows.add_on_all_hosts(connection, network, now)
    add_change(connection, network_change(NETWORK_UPDATED, network))
    return network, changed | move_gateway(connection, network, host, now)


def refresh_network(connection: Connection, uuid: str, now: datetime) -> Changed:
    """Send a network again to each host that has it or needs it: its rows were edited by SQL."""
    revision_rows.increment(connection, revision_rows.RANGES, now)
    network = lock_network(connection, uuid)
    changed = host_change_rows.add_on_all_hosts(connection, network, now)
    hosts = {guest.host for guest in guest_rows.list_for_network(connection, network.id)}
    for host in sorted(hosts - {key.host for key in changed}):
        changed.add(host_change_rows.add(connection, host, network, now))
    if network.host is not None and not network.multi_host:
        changed |= move_gateway(connection, network, network.host, now)
    return network, changed


def associate_network(
    connection: Connection, project: str, uuid: str | None, now: datetime
) -> Changed:
    """Give a project the network that is named, or any free one.

    :raises NoMoreNetworks: another project has the network, or no network is free
    """
    revision_rows.increment(connection, revision_rows.PROJECTS, now)
    network = _find_associable(connection, project, uuid)
    network_rows.update(connection, network.id, now, project_id=project)
    changed = host_change_rows.add_on_all_hosts(connection, network, now)
    network = network_rows.get_by_id(connection, network.id)
    add_change(connection, network_change(NETWORK_UPDATED, network))
    return network, changed


def disassociate_network(
    connection: Connection, uuid: str, now: datetime, *, project: bool, host: bool, force: bool
) -> Changed:
    """Take a network from its project, from its gateway, or from both.

    :raises NetworkInUse: it has guests, and ``force`` is not given
    """
    network = lock_network(connection, uuid)
    if not force:
        command = f"`cloudnet-manage network disassociate {uuid} --force`"
        remedy = f"delete their instances first, or disassociate it all the same: {command}"
        refuse_if_allocated(connection, network, remedy)
    values: dict[str, Any] = {"project_id": None} if project else {}
    values |= {"host": None} if host else {}
    if values:
        network_rows.update(connection, network.id, now, **values)
    if host and not network.multi_host:
        floating_rows.set_host_for_network(connection, network.id, None, now)
    changed = host_change_rows.add_on_all_hosts(connection, network, now)
    network = lock_network(connection, uuid)
    add_change(connection, network_change(NETWORK_UPDATED, network))
    return network, changed


def set_associations(
    connection: Connection, uuid: str, values: Mapping[str, str | None], now: datetime
) -> Changed:
    """Set the ``host`` and the ``project`` of a network, those that are given; None: none.

    :raises NoMoreNetworks: another project has the network
    :raises NetworkInUse: it has guests, who would lose their project or their gateway
    """
    changed: set[SnapshotKey] = set()
    cleared = {name for name, value in values.items() if value is None}
    if cleared:
        changed |= disassociate_network(
            connection, uuid, now, project="project" in cleared, host="host" in cleared, force=False
        )[1]
    project, host = values.get("project"), values.get("host")
    if project is not None:
        changed |= associate_network(connection, project, uuid, now)[1]
    if host is not None:
        changed |= set_host(connection, uuid, host, now)[1]
    return lock_network(connection, uuid), changed


def ensure_host(
    connection: Connection, uuid: str, default: str | None, now: datetime
) -> tuple[str, Changed]:
    """Return the gateway host of a network, and what changes if it has been none until now.

    :raises NetworkSetHostFailed: the network is multi-host, or there is no default
    """
    network = lock_network(connection, uuid)
    if network.host is not None:
        return network.host, (network, set())
    if network.multi_host:
        raise NetworkSetHostFailed(
            f"network {network.label} is multi-host: every host is its own gateway"
        )
    if default is None:
        raise NetworkSetHostFailed(
            f"network {network.label} has no gateway host yet: set network_host, or boot a guest; "
            "the first host with one becomes its gateway"
        )
    return default, set_host(connection, uuid, default, now)


def move_gateway(
    connection: Connection, network: Network, host: str, now: datetime
) -> set[SnapshotKey]:
    """Move a network's guests and floating IPs to its new gateway."""
    floating_rows.set_host_for_network(connection, network.id, host, now)
    if not guest_rows.has_guests(connection, network.id):
        return set()
    vif_rows.move_gateway(connection, network)
    changed = host_change_rows.add(connection, host, network, now)
    return {changed}


def _find_associable(connection: Connection, project: str, uuid: str | None) -> Network:
    if uuid is None:
        free = network_rows.find_without_project(connection)
        if free is None:
            raise no_free_network_error(project)
        return network_rows.get_by_id(connection, free)
    network = lock_network(connection, uuid)
    if network.project_id not in {None, project}:
        raise NoMoreNetworks(
            f"network {network.label} belongs to project {network.project_id}; disassociate it "
            "first or name another"
        )
    return network
