"""One transaction that deletes a network."""

from __future__ import annotations

from datetime import datetime

from cloudnet.controller.db import changes
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.changes import NETWORK_DELETED, network_change
from cloudnet.controller.model.records import Event, FixedIp, Network, SnapshotKey


def delete_network(connection: Connection, network: Network, now: datetime) -> set[SnapshotKey]:
    """Delete a network without guests, and all its addresses; return which snapshots change."""
    revision_rows.increment(connection, revision_rows.RANGES, now)
    changed = host_change_rows.add_on_all_hosts(connection, network, now)
    freed = address_rows.delete_for_network(connection, network.id)
    if freed:
        history_rows.add(connection, [_freed_event(row) for row in freed], now)
        instance_rows.delete_unused(connection, {row.instance_uuid for row in freed})
    network_rows.delete(connection, network.id)
    changes.add(connection, network_change(NETWORK_DELETED, network))
    return changed


def _freed_event(row: FixedIp) -> Event:
    kind = events.GATEWAY_FREED if row.instance_uuid is None else events.FREED
    return events.address_event(kind, row)
