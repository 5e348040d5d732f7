"""What hosts should have, read fresh from the database: the content of every message to them."""

from __future__ import annotations

from cloudnet.common.wire.objects import FixedRanges, Snapshot
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import hosts as host_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model import ipam, snapshot
from cloudnet.controller.model.records import HostNetwork, Touched


class SnapshotReader:
    """Snapshots and ranges; reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ranges: FixedRanges | None = None  # as of its revision

    def snapshot(self, touched: Touched) -> Snapshot | None:
        """Return what a host should have of a network, None when it need not know of it."""
        with self._database.reading() as connection:
            row = host_rows.one(connection, touched.host, touched.network)
            return None if row is None else snapshot_of(connection, row)

    def ranges(self) -> FixedRanges:
        """Return the ranges of all networks."""
        with self._database.reading() as connection:
            return self.ranges_in(connection)

    def ranges_in(self, connection: Connection) -> FixedRanges:
        """Return the ranges of all networks, collapsed anew only when they have changed."""
        revision = network_rows.revision(connection, network_rows.RANGES)
        known = self._ranges
        if known is None or known.revision != revision:
            known = FixedRanges(revision, ipam.collapse(network_rows.ranges(connection)))
            self._ranges = known
        return known

    def agents(self) -> list[str]:
        """Return the hosts that have an agent."""
        with self._database.reading() as connection:
            return host_rows.with_agents(connection)


def snapshot_of(connection: Connection, row: HostNetwork) -> Snapshot:
    """Return what a host should have of the network of this row."""
    if row.network_id is None:
        return snapshot.of(row, None, None, (), ())
    network, own_address = network_rows.seen_from(connection, row.host, row.network_id)
    # A network may have guests on a thousand hosts: only its one gateway must know them all.
    here = None if network.host == row.host and not network.multi_host else row.host
    guests = guest_rows.on_network(connection, network.id, here)
    floating_ips = floating_rows.on_network(connection, network.id, here)
    return snapshot.of(row, network, own_address, guests, floating_ips)
