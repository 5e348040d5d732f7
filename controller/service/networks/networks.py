"""The operator's use cases around networks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network

from cloudnet.common.settings.views import NetworkDefaults
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.network_edit import NetworkEdit
from cloudnet.controller.model.network_plan import describe_unused_range
from cloudnet.controller.model.network_request import NetworkRequest
from cloudnet.controller.model.overlaps import Peers
from cloudnet.controller.model.records import Network, SnapshotKey
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.caller import ADMIN, Caller
from cloudnet.controller.service.networks.changes import (
    Changed,
    associate_network,
    disassociate_network,
    ensure_host,
    refresh_network,
    set_associations,
)
from cloudnet.controller.service.networks.creation import create_networks, explain_conflict
from cloudnet.controller.service.networks.deletion import delete_network
from cloudnet.controller.service.networks.edits import edit_network
from cloudnet.controller.service.networks.lookup import (
    find_network_uuid,
    get_network,
    lock_named_network,
    may_see,
    not_found,
    refuse_if_allocated,
    refuse_if_owned,
)

LOG = logging.getLogger(__name__)


class Networks:
    """Lists, creates, changes and deletes networks."""

    def __init__(
        self,
        database: Database,
        defaults: NetworkDefaults,
        notifier: HostNotifier,
        clock: Clock,
        list_peers: Callable[[], Peers] = list,
    ) -> None:
        """:param list_peers: returns what no network may cover; may ask a name server"""
        self._database = database
        self._list_peers = list_peers
        self._defaults = defaults
        self._notifier = notifier
        self._clock = clock

    def list_networks(self) -> list[Network]:
        """Return all networks, the oldest first."""
        with self._database.reading() as connection:
            return network_rows.list_networks(connection)

    def get_network(self, uuid: str) -> Network:
        """Return one network.

        :raises NetworkNotFoundForUUID: there is none
        """
        with self._database.reading() as connection:
            return get_network(connection, uuid)

    def list_visible_networks(self, caller: Caller) -> list[Network]:
        """Return the networks that a caller may see: its project's, and the shared flat ones."""
        return [network for network in self.list_networks() if may_see(caller, network)]

    def get_visible_network(self, caller: Caller, uuid: str) -> Network:
        """Return one network that the caller may see.

        :raises NetworkNotFoundForUUID: there is none, or it is free for any project to get
        :raises Forbidden: it is another project's
        """
        network = self.get_network(uuid)
        if network.project_id is not None:
            caller.require_access(f"network {uuid}", network.project_id)
        elif not may_see(caller, network):
            raise not_found(uuid)
        return network

    def create(self, request: NetworkRequest) -> list[Network]:
        """Create networks, all or none.

        :raises CidrConflict: the range overlaps existing networks
        :raises NoMoreVlans: there are not enough VLAN ids
        """
        peers = self._list_peers()

        def work(connection: Connection) -> list[Network]:
            return create_networks(connection, request, self._defaults, peers, self._clock())

        try:
            created = self._database.write(work)
        except Conflict as conflict:
            raise explain_conflict(request.label, conflict) from conflict
        self._notifier.notify_ranges()
        for network in created:
            LOG.info("network %s: created (%s on %s)", network.label, network.cidr, network.bridge)
        if request.share_address:
            LOG.warning(
                "network %s: share_address is stored, but has no effect yet: each host takes an "
                "address of its own",
                request.label,
            )
        unused = describe_unused_range(request, self._defaults)
        if unused is not None:
            LOG.warning("%s", unused)
        return created

    def delete(
        self,
        caller: Caller = ADMIN,
        *,
        uuid: str | None = None,
        cidr: IPv4Network | IPv6Network | None = None,
        require_disassociated: bool = True,
    ) -> None:
        """Delete a network.

        :raises NetworkHasProject: it has a project, and ``require_disassociated`` is given
        :raises NetworkInUse: it has guests
        """

        def work(connection: Connection) -> tuple[Network, set[SnapshotKey]]:
            network = lock_named_network(connection, uuid, cidr)
            if require_disassociated:
                refuse_if_owned(network)
            elif network.project_id is not None:
                caller.require_access(f"network {network.uuid}", network.project_id)
            refuse_if_allocated(connection, network)
            return network, delete_network(connection, network, self._clock())

        network, changed = self._database.write(work)
        self._notifier.notify_ranges()
        self._notifier.notify_hosts(changed)
        LOG.info("network %s: deleted (%s)", network.label, network.cidr)

    def update(self, uuid: str, edit: NetworkEdit) -> Network:
        """Change a network while hosts have it: all that the edit names, or nothing.

        :raises BadRequest: the edit contradicts itself or the network
        :raises CidrConflict: the wider range covers something else
        :raises FixedIpAlreadyInUse: a guest or a host has the new gateway's address
        """
        peers = [] if edit.cidr is None else self._list_peers()

        def work(connection: Connection) -> Changed:
            return edit_network(connection, uuid, edit, peers, self._clock())

        try:
            changed = self._database.write(work)
        except Conflict as conflict:
            raise explain_conflict(uuid, conflict) from conflict
        if edit.cidr is not None:
            self._notifier.notify_ranges()
        new = " ".join(f"{name}={value}" for name, value in edit.values.items())
        return self._notify(changed, f"changed ({new})" if new else "sent to its hosts again")

    def refresh(self, uuid: str) -> tuple[Network, set[str]]:
        """Send a network to its hosts again, after an edit by SQL; return which hosts these are."""
        changed = self._database.write(
            lambda connection: refresh_network(connection, uuid, self._clock())
        )
        self._notifier.notify_ranges()
        network = self._notify(changed, "sent to its hosts again")
        return network, {key.host for key in changed[1]}

    def notify_hosts(self, network: str | int) -> None:
        """Send a network, named by its uuid or number, to its hosts; nothing has changed.

        :raises NetworkNotFoundForUUID: there is none
        """
        with self._database.reading() as connection:
            uuid = find_network_uuid(connection, network)
            keys = host_network_rows.list_keys(connection, uuid)
        self._notifier.notify_hosts(keys)

    def associate(self, project: str, uuid: str | None = None) -> Network:
        """Give a project one more network: this one, or any that is free.

        :raises NoMoreNetworks: another project has the network, or no network is free
        """
        changed = self._database.write(
            lambda connection: associate_network(connection, project, uuid, self._clock())
        )
        return self._notify(changed, f"associated with project {project}")

    def disassociate(
        self,
        uuid: str,
        *,
        project: bool = True,
        host: bool = False,
        force: bool = False,
        caller: Caller = ADMIN,
    ) -> Network:
        """Take a network from its project, from the host that is its gateway, or from both.

        :raises NetworkInUse: it has guests, and ``force`` is not given
        """

        def work(connection: Connection) -> Changed:
            owner = get_network(connection, uuid).project_id
            caller.require_access(f"network {uuid}", owner)
            return disassociate_network(
                connection, uuid, self._clock(), project=project, host=host, force=force
            )

        sources = [name for name, given in (("project", project), ("host", host)) if given]
        return self._notify(
            self._database.write(work),
            f"disassociated from its {' and '.join(sources) or 'nothing'}",
        )

    def set_associations(self, uuid: str, **values: str | None) -> Network:
        """Set the ``host`` and the ``project`` of a network, those that are given; None: none.

        :raises NoMoreNetworks: another project has the network
        :raises NetworkInUse: it has guests, who would lose their project or their gateway
        """
        changed = self._database.write(
            lambda connection: set_associations(connection, uuid, values, self._clock())
        )
        what = ", ".join(f"{name} {value or 'none'}" for name, value in sorted(values.items()))
        return self._notify(changed, f"associated with {what}")

    def ensure_host(self, uuid: str) -> str:
        """Return the gateway host of a network; it becomes ``network_host`` if it has none yet.

        :raises NetworkSetHostFailed: the network is multi-host, or no network_host is configured
        """

        def work(connection: Connection) -> tuple[str, Changed]:
            return ensure_host(connection, uuid, self._defaults.network_host, self._clock())

        host, changed = self._database.write(work)
        if changed[1]:
            self._notify(changed, f"host {host} is its gateway")
        return host

    def _notify(self, changed: Changed, what: str) -> Network:
        network, snapshots = changed
        self._notifier.notify_hosts(snapshots)
        LOG.info("network %s: %s", network.label, what)
        return network
