"""The desired state of hosts, read from the database: the content of each message to them."""

from __future__ import annotations

from cloudnet.common.wire.objects import FixedRanges, Origin, Snapshot
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import recovered as recovered_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model import ipam
from cloudnet.controller.model.records import HostNetwork, Network, SnapshotKey
from cloudnet.controller.model.snapshot import build_removal, build_snapshot


class SnapshotReader:
    """Reads snapshots, and the ranges of all networks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ranges: FixedRanges | None = None  # the last ones that were read
        self._last_generation = 0  # that this process has raised

    def get_snapshot(self, key: SnapshotKey) -> Snapshot | None:
        """Return a host's snapshot of a network, or None if the host does not have the network."""
        with self._database.reading() as connection:
            row = host_network_rows.get(connection, key.host, key.network)
            return None if row is None else read_snapshot(connection, row)

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

    def raise_generation(self) -> Origin:
        """Raise the generation of the database; called before committed changes are cast.

        If it is not above the last one, an older copy of the database was restored meanwhile: a
        branch begins.
        """
        origin = self._database.write(cloud_rows.raise_generation)
        if origin.generation <= self._last_generation:
            origin = self.begin_branch()
        self._last_generation = origin.generation
        return origin

    def begin_branch(self) -> Origin:
        """Begin a branch of the database, so that a lost generation is not taken for a new one."""
        return self._database.write(cloud_rows.begin_branch)

    def list_agent_hosts(self) -> list[str]:
        """Return the hosts that have an agent."""
        with self._database.reading() as connection:
            return service_rows.list_agent_hosts(connection)


def read_snapshot(connection: Connection, row: HostNetwork) -> Snapshot:
    """Return the snapshot of a row's network on its host."""
    if row.network_id is None:
        return build_removal(row)
    network, own_address = network_rows.get_seen(connection, row.host, row.network_id)
    guests = (
        guest_rows.list_for_network(connection, network.id)
        if _serves_all_hosts(network, row.host)
        else guest_rows.list_on_host(connection, row.host, network.id)
    )
    floating_ips = floating_rows.list_on_host(connection, row.host, network.id)
    recovered = recovered_rows.list_on_host(connection, row.host, network.uuid)
    if (
        not guests
        and not recovered
        and recovered_rows.has_network(connection, row.host, network.uuid)
    ):
        return build_snapshot(row, network, own_address, (), (), is_kept=True)
    return build_snapshot(row, network, own_address, guests, floating_ips, recovered)


def _serves_all_hosts(network: Network, host: str) -> bool:
    """Whether a host needs to know the guests of other hosts: it is the gateway of all of them."""
    return not network.multi_host and network.host == host
