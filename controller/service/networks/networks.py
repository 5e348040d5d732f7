"""The operator's use cases: networks come, change, are given away and go."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from cloudnet.common.errors import (
    BadRequest,
    CidrConflict,
    NetworkHasProject,
    NetworkInUse,
    NetworkNotFoundForCidr,
    NetworkNotFoundForUUID,
    NoMoreNetworks,
)
from cloudnet.common.settings.views import NetworkDefaults
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events, validation
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.network_plan import (
    ExistingNetworks,
    NetworkRequest,
    PlannedNetwork,
    plan_networks,
)
from cloudnet.controller.model.records import Event, FixedIp, Network, SnapshotKey
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.networks import network_selection

LOG = logging.getLogger(__name__)


class Networks:
    """The use cases around networks."""

    def __init__(
        self, database: Database, defaults: NetworkDefaults, notifier: HostNotifier, clock: Clock
    ) -> None:
        self._database = database
        self._defaults = defaults
        self._notifier = notifier
        self._clock = clock

    # -- reading -------------------------------------------------------------------------------

    def list_networks(self) -> list[Network]:
        """Return all networks, the oldest first."""
        with self._database.reading() as connection:
            return network_rows.list_networks(connection)

    def get_network(self, uuid: str) -> Network:
        """Return one network.

        :raises NetworkNotFoundForUUID: there is none
        """
        with self._database.reading() as connection:
            return _found(connection, uuid, alone=False)

    # -- coming and going ----------------------------------------------------------------------

    def create(self, request: NetworkRequest) -> list[Network]:
        """Create networks, all or none.

        :raises CidrConflict: the range overlaps networks that exist
        :raises NoMoreVlans: there are not enough VLAN ids
        """

        def work(connection: Connection) -> list[Network]:
            now = self._clock()
            revision_rows.increment(connection, revision_rows.RANGES, now)  # one at a time
            drafts = plan_networks(request, self._defaults, _existing(connection))
            return _write(connection, drafts, now)

        try:
            made = self._database.write(work)
        except Conflict as conflict:
            raise _taken(request.label, conflict) from conflict
        self._notifier.notify_ranges()
        for network in made:
            LOG.info("create network %s %s on %s", network.label, network.cidr, network.bridge)
        return made

    def delete(
        self,
        *,
        uuid: str | None = None,
        cidr: IPv4Network | None = None,
        require_disassociated: bool = True,
    ) -> None:
        """Delete a network and tell its hosts.

        :raises NetworkHasProject: it belongs to a project, and that is not to be passed over
        :raises NetworkInUse: a guest has one of its addresses
        """

        def work(connection: Connection) -> tuple[Network, set[SnapshotKey]]:
            now = self._clock()
            network = _named(connection, uuid, cidr)
            if require_disassociated:
                _refuse_if_owned(network)
            _refuse_if_allocated(connection, network)
            revision_rows.increment(connection, revision_rows.RANGES, now)
            touched = host_network_rows.raise_revision_on_all_hosts(connection, network)
            freed = address_rows.delete_for_network(connection, network.id)
            if freed:
                history_rows.add(connection, [_freed(one) for one in freed], now)
                instance_rows.delete_unused(connection, {one.instance_uuid for one in freed})
            network_rows.delete(connection, network.id)
            return network, touched

        network, touched = self._database.write(work)
        self._notifier.notify_ranges()
        self._notifier.notify_hosts(touched)
        LOG.info("delete network %s %s", network.label, network.cidr)

    # -- changing ------------------------------------------------------------------------------

    def update(
        self,
        uuid: str,
        *,
        label: str | None = None,
        dns1: IPv4Address | None = None,
        dns2: IPv4Address | None = None,
        mtu: int | None = None,
        priority: int | None = None,
        host: str | None = None,
    ) -> Network:
        """Change a network while it runs; None leaves a column as it is.

        A ``host`` becomes the gateway of a single-host network in the place of the one it had.

        :raises BadRequest: a gateway is named for a multi-host network
        """
        if label is not None:
            validation.parse_argument("label", validation.parse_text, label)
        wanted = {
            "label": label,
            "dns1": dns1,
            "dns2": dns2,
            "mtu": mtu,
            "priority": priority,
            "host": host,
        }
        values = {name: value for name, value in wanted.items() if value is not None}

        def work(connection: Connection) -> tuple[Network, set[SnapshotKey]]:
            network = _found(connection, uuid)
            if host is not None and network.multi_host:
                raise BadRequest(
                    f"network {network.label} is multi-host: every host is its own gateway; "
                    "leave host out"
                )
            if values:
                network_rows.update(connection, network.id, self._clock(), **values)
            changed = _found(connection, uuid)
            touched = host_network_rows.raise_revision_on_all_hosts(connection, changed)
            if host is not None:
                touched |= _serve_from(connection, changed, host, self._clock())
            return changed, touched

        said = " ".join(f"{name}={value}" for name, value in values.items())
        return self._announced(self._database.write(work), said or "told again")

    def associate(self, project: str, uuid: str | None = None) -> Network:
        """Give a project one more network: this one, or any that is free.

        :raises NoMoreNetworks: it is another project's, or none is free
        """

        def work(connection: Connection) -> tuple[Network, set[SnapshotKey]]:
            revision_rows.increment(connection, revision_rows.PROJECTS, self._clock())
            network = _free_one(connection, project, uuid)
            network_rows.update(connection, network.id, self._clock(), project_id=project)
            return network_rows.get_by_id(
                connection, network.id
            ), host_network_rows.raise_revision_on_all_hosts(connection, network)

        return self._announced(self._database.write(work), f"associate with {project}")

    def disassociate(
        self, uuid: str, *, project: bool = True, host: bool = False, force: bool = False
    ) -> Network:
        """Take a network from its project, or from the host that is its gateway.

        :raises NetworkInUse: guests have addresses of it, and ``force`` is not given
        """

        def work(connection: Connection) -> tuple[Network, set[SnapshotKey]]:
            network = _found(connection, uuid)
            if not force:
                _refuse_if_allocated(connection, network)
            values: dict[str, Any] = {"project_id": None} if project else {}
            values |= {"host": None} if host else {}
            if values:
                network_rows.update(connection, network.id, self._clock(), **values)
            if host and not network.multi_host:
                floating_rows.set_host_for_network(connection, network.id, None, self._clock())
            return _found(connection, uuid), host_network_rows.raise_revision_on_all_hosts(
                connection, network
            )

        return self._announced(self._database.write(work), "disassociate")

    def _announced(self, done: tuple[Network, set[SnapshotKey]], what: str) -> Network:
        network, touched = done
        self._notifier.notify_hosts(touched)
        LOG.info("network %s: %s", network.label, what)
        return network


def _taken(label: str, conflict: Conflict) -> CidrConflict:
    what = {"uuid": "uuid", "vlan": "VLAN id", "cidr": "range"}.get("".join(conflict.columns))
    return CidrConflict(
        f"networks {label}: {what or 'uuid, VLAN id or range'} is taken by another network "
        f"({conflict}); see `cloudnet-manage network list`"
    )


def _freed(row: FixedIp) -> Event:
    event = events.GATEWAY_FREED if row.instance_uuid is None else events.FREED
    return events.address_event(event, row)


def _existing(connection: Connection) -> ExistingNetworks:
    return ExistingNetworks(
        network_rows.list_ranges(connection),
        network_rows.list_vlans(connection),
        network_rows.list_bridges(connection),
    )


def _write(
    connection: Connection, drafts: Sequence[PlannedNetwork], now: datetime
) -> list[Network]:
    ids = network_rows.insert(connection, [d.columns | {"created_at": now} for d in drafts])
    address_rows.insert_reserved(
        connection,
        [
            (ids[d.columns["uuid"]], address, int(address) - int(d.cidr.network_address))
            for d in drafts
            for address in d.reserved
        ],
        now,
    )
    made = set(ids)
    return [network for network in network_rows.list_networks(connection) if network.uuid in made]


def _found(connection: Connection, uuid: str, *, alone: bool = True) -> Network:
    network = network_rows.get_by_uuid(connection, uuid, alone=alone)
    if network is None:
        raise NetworkNotFoundForUUID(
            f"no network has uuid {uuid}; see `cloudnet-manage network list`"
        )
    return network


def _named(connection: Connection, uuid: str | None, cidr: IPv4Network | None) -> Network:
    if uuid is not None:
        return _found(connection, uuid)
    if cidr is None:
        raise BadRequest("name the network by its uuid or by its range")
    network = network_rows.get_by_cidr(connection, cidr, alone=True)
    if network is None:
        raise NetworkNotFoundForCidr(
            f"no network has range {cidr}; see `cloudnet-manage network list`"
        )
    return network


def _refuse_if_owned(network: Network) -> None:
    if network.project_id is not None:
        raise NetworkHasProject(
            f"network {network.label} belongs to project {network.project_id}; disassociate it "
            f"first (`cloudnet-manage network disassociate {network.uuid}`)"
        )


def _refuse_if_allocated(connection: Connection, network: Network) -> None:
    used = address_rows.count_allocated(connection, network.id)
    if used:
        raise NetworkInUse(
            f"{used} addresses of network {network.label} are in use; delete their instances first"
        )


def _serve_from(
    connection: Connection, network: Network, host: str, now: datetime
) -> set[SnapshotKey]:
    """Give a network's guests and floating IPs to the host that is its gateway now."""
    floating_rows.set_host_for_network(connection, network.id, host, now)
    if not guest_rows.has_guests(connection, network.id):
        return set()
    touched = host_network_rows.raise_revision(connection, host, network, now)
    vif_rows.set_gateway_revision(connection, network)
    return {touched}


def _free_one(connection: Connection, project: str, uuid: str | None) -> Network:
    if uuid is None:
        free = network_rows.find_free_network(connection)
        if free is None:
            raise network_selection.no_free_network_error(project)
        return network_rows.get_by_id(connection, free)
    network = _found(connection, uuid)
    if network.project_id not in (None, project):
        raise NoMoreNetworks(
            f"network {network.label} belongs to project {network.project_id}; disassociate it "
            "first or name another"
        )
    return network
