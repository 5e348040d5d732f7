"""What hosts should have, read fresh from the database: the content of every message to them."""

from __future__ import annotations

from cloudnet.common.wire.objects import FixedRanges, Snapshot
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model import ipam
from cloudnet.controller.model.records import HostNetwork, SnapshotKey
from cloudnet.controller.model.snapshot import build_snapshot


class SnapshotReader:
    """Snapshots and ranges; reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ranges: FixedRanges | None = None  # as of its revision

    def get_snapshot(self, touched: SnapshotKey) -> Snapshot | None:
        """Return what a host should have of a network, None when it need not know of it."""
        with self._database.reading() as connection:
            row = host_network_rows.get(connection, touched.host, touched.network)
            return None if row is None else read_snapshot(connection, row)

    def get_ranges(self) -> FixedRanges:
        """Return the ranges of all networks."""
        with self._database.reading() as connection:
            return self.get_ranges_in(connection)

    def get_ranges_in(self, connection: Connection) -> FixedRanges:
        """Return the ranges of all networks, collapsed anew only when they have changed."""
        revision = revision_rows.get(connection, revision_rows.RANGES)
        known = self._ranges
        if known is None or known.revision != revision:
            known = FixedRanges(
                revision, ipam.collapse_ranges(network_rows.list_ranges(connection))
            )
            self._ranges = known
        return known

    def list_agent_hosts(self) -> list[str]:
        """Return the hosts that have an agent."""
        with self._database.reading() as connection:
            return service_rows.list_agent_hosts(connection)


def read_snapshot(connection: Connection, row: HostNetwork) -> Snapshot:
    """Return what a host should have of the network of this row."""
    if row.network_id is None:
        return build_snapshot(row, None, None, (), ())
    network, own_address = network_rows.get_seen_from(connection, row.host, row.network_id)
    # A network may have guests on a thousand hosts: only its one gateway must know them all.
    here = None if network.host == row.host and not network.multi_host else row.host
    guests = guest_rows.list_for_network(connection, network.id, here)
    floating_ips = floating_rows.list_for_network(connection, network.id, here)
    return build_snapshot(row, network, own_address, guests, floating_ips)
