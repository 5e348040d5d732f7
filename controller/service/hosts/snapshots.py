"""The desired state of hosts, read from the database: the content of each message to them."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Address

from cloudnet.common.errors import InvalidInput, UnreadableRow
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.wire.objects import (
    DnsRecords,
    FixedRanges,
    NetworkSnapshot,
    Origin,
    Snapshot,
    SnapshotPatch,
)
from cloudnet.common.wire.validate import (
    is_valid_floating_ip,
    is_valid_name,
    is_valid_vif,
    validate,
)
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import preparations as preparation_rows
from cloudnet.controller.db.rows import recovered as recovered_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model import ipam
from cloudnet.controller.model.clock import Clock, utc_now
from cloudnet.controller.model.host_changes import Fold, HostChange
from cloudnet.controller.model.records import HostNetwork, Network, SnapshotKey
from cloudnet.controller.model.snapshot import build_removal, build_snapshot
from cloudnet.controller.service.dns import publication
from cloudnet.controller.service.hosts.patches import read_patch

LOG = logging.getLogger(__name__)


class SnapshotReader:
    """Reads snapshots, and the ranges of all networks.

    A network whose row cannot be used, because an operator has edited it by SQL, is named in the
    log; hosts keep what they have of it, and get all other networks.
    """

    def __init__(
        self, database: Database, clock: Clock = utc_now, *, names_peers: bool = False
    ) -> None:
        """:param names_peers: a multi-host network has the names of its guests on other hosts"""
        self._database = database
        self._names_peers = names_peers
        self._clock = clock
        self._ranges: FixedRanges | None = None  # the last ones that were read
        self._last_generation = 0  # that this process has raised
        self._conditions = ConditionLog(LOG)

    def get_snapshot(self, key: SnapshotKey) -> Snapshot | None:
        """Return a host's snapshot of a network; None: nothing is sent about it now."""
        with self._database.reading() as connection:
            row = host_network_rows.get(connection, key.host, key.network)
            return None if row is None else self.read(connection, row)

    def get_change(self, change: HostChange) -> Snapshot | SnapshotPatch | None:
        """Return what a host must get of a change: a patch, or the complete snapshot.

        None: nothing is sent about the network now.
        """
        key = change.key
        with self._database.reading() as connection:
            row = host_network_rows.get(connection, key.host, key.network)
            if row is None:
                return None
            with suppress(UnreadableRow):  # the complete snapshot cannot be read either, see there
                patch = read_patch(connection, row, change)
                if patch is not None:
                    return patch
            return self.read(connection, row)

    def read(self, connection: Connection, row: HostNetwork) -> Snapshot | None:
        """Return the snapshot of a row's network on its host, or None if its rows cannot be used.

        A guest or a floating IP with values that no agent accepts is left out.
        """
        condition = f"network {row.network_uuid}: not sent to host {row.host}"
        try:
            snapshot = read_snapshot(connection, row, names_peers=self._names_peers)
            if isinstance(snapshot, NetworkSnapshot):
                snapshot = self._leave_out_invalid(snapshot)
            validate(_without_guests(snapshot))  # the guests were checked one by one
        except (InvalidInput, UnreadableRow) as error:
            self._conditions.start(
                condition, f"{condition} ({error}); correct its row, see `cloudnet-manage db check`"
            )
            return None
        self._conditions.resolve(condition)
        return snapshot

    def _leave_out_invalid(self, snapshot: NetworkSnapshot) -> NetworkSnapshot:
        vifs = tuple(vif for vif in snapshot.vifs if is_valid_vif(vif, snapshot))
        floating_ips = tuple(
            each for each in snapshot.floating_ips if is_valid_floating_ip(each, snapshot)
        )
        condition = (
            f"network {snapshot.network}: not everything can be sent to host {snapshot.host}"
        )
        names = tuple(each for each in snapshot.names if is_valid_name(each, snapshot))
        kept = replace(snapshot, vifs=vifs, floating_ips=floating_ips, names=names)
        if kept == snapshot:
            self._conditions.resolve(condition)
            return snapshot
        left_out = _list_addresses(snapshot) - _list_addresses(kept)
        line = (
            f"{condition} (without {', '.join(map(str, sorted(left_out)))}); correct their rows, "
            "see `cloudnet-manage db check`"
        )
        self._conditions.start(condition, line)
        return kept

    def get_ranges(self) -> FixedRanges:
        """Return the ranges of all networks."""
        with self._database.reading() as connection:
            return self.get_ranges_in(connection)

    def get_ranges_in(self, connection: Connection) -> FixedRanges:
        """Return the ranges of all networks; they are read only if their revision has changed."""
        revision = revision_rows.get(connection, revision_rows.RANGES)
        ranges = self._ranges
        if ranges is None or ranges.revision != revision:
            collapsed = ipam.collapse_ranges(network_rows.list_ranges(connection))
            ranges = self._ranges = FixedRanges(revision, collapsed)
        return ranges

    def publish_dns(self) -> DnsRecords | None:
        """Return the names that changed since they were last published; None: none has."""
        return publication.publish(self._database, self._clock)

    def raise_revisions(self, *, others: bool = False) -> tuple[Origin | None, Fold]:
        """Raise the revision of all that has changed, and the generation of the database.

        Called before committed changes are cast. Without a change, and unless ``others`` are cast
        as well, nothing is raised and there is no origin. If the generation is not above the last
        one, an older copy of the database was restored meanwhile: a branch begins.
        """

        def work(connection: Connection) -> tuple[Origin | None, Fold]:
            fold = host_change_rows.fold(connection)
            has_news = fold.changes or others
            return cloud_rows.raise_generation(connection) if has_news else None, fold

        origin, fold = self._database.write(work)
        if origin is None:
            return None, fold
        if origin.generation <= self._last_generation:
            origin = self.begin_branch()
        self._last_generation = origin.generation
        return origin, fold

    def begin_branch(self) -> Origin:
        """Begin a branch of the database, so that a lost generation is not taken for a new one."""
        return self._database.write(cloud_rows.begin_branch)

    def list_agent_hosts(self) -> list[str]:
        """Return the hosts that have an agent."""
        with self._database.reading() as connection:
            return service_rows.list_agent_hosts(connection)


def _without_guests(snapshot: Snapshot) -> Snapshot:
    if isinstance(snapshot, NetworkSnapshot):
        return replace(snapshot, vifs=(), floating_ips=(), names=())
    return snapshot


def _list_addresses(snapshot: NetworkSnapshot) -> set[IPv4Address]:
    guests = {vif.address for vif in snapshot.vifs} | {name.address for name in snapshot.names}
    return guests | {ip.address for ip in snapshot.floating_ips}


def read_snapshot(
    connection: Connection, row: HostNetwork, *, names_peers: bool = False
) -> Snapshot:
    """Return the snapshot of a row's network on its host."""
    if row.network_id is None:
        return build_removal(row)
    network, own_address = network_rows.get_seen(connection, row.host, row.network_id)
    guests = (
        guest_rows.list_for_network(connection, network.id)
        if _knows_all_guests(network, row.host, names_peers=names_peers)
        else guest_rows.list_on_host(connection, row.host, network.id)
    )
    floating_ips = floating_rows.list_on_host(connection, row.host, network.id)
    recovered = recovered_rows.list_on_host(connection, row.host, network.uuid)
    if (
        not guests
        and not recovered
        and (
            recovered_rows.has_network(connection, row.host, network.uuid)
            or preparation_rows.has(connection, row.host, network.id)
        )
    ):
        return build_snapshot(row, network, own_address, (), (), is_kept=True)
    return build_snapshot(row, network, own_address, guests, floating_ips, recovered)


def _knows_all_guests(network: Network, host: str, *, names_peers: bool) -> bool:
    """Whether a host's snapshot has all guests: for a gateway of all, or for their names."""
    return names_peers if network.multi_host else network.host == host
