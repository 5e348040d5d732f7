"""When a released address may be allocated again.

It rests until its lease is known to have ended, and a short time in any case, because messages
about it may still be under way; at the longest as long as ``fixed_ip_disassociate_timeout``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import quarantine as quarantine_rows
from cloudnet.controller.db.rows.quarantine import Rest
from cloudnet.controller.model import events
from cloudnet.controller.model.records import FixedIp, FloatingIp

FLOOR = timedelta(seconds=2)


def get_rest(now: datetime, longest_seconds: float) -> Rest:
    """Return how long ago an address must have been released."""
    longest = timedelta(seconds=longest_seconds)
    return Rest(floor_before=now - min(FLOOR, longest), end_before=now - longest)


def has_due(connection: Connection, now: datetime, longest_seconds: float) -> bool:
    """Whether the quarantine of any address is over."""
    return quarantine_rows.has_due(connection, get_rest(now, longest_seconds))


def free_due(
    connection: Connection,
    now: datetime,
    longest_seconds: float,
    limit: int,
    network_id: int | None = None,
) -> int:
    """Free addresses whose quarantine is over (of a network if given), and return how many."""
    rest = get_rest(now, longest_seconds)
    due = quarantine_rows.list_due(connection, rest, limit, network_id)
    # Two sweeps at once free different addresses; a caller that needs one waits for the sweep.
    locked = quarantine_rows.lock(connection, [row.id for row in due], wait=network_id is not None)
    freed = [row for row in due if row.id in locked and quarantine_rows.end(connection, row.id)]
    if freed:
        freed_events = [events.address_event(events.FREED, row) for row in freed]
        history_rows.add(connection, freed_events, now)
        instance_rows.delete_unused(connection, {row.instance_uuid for row in freed})
    return len(freed)


def release_without_vif(connection: Connection, now: datetime, limit: int) -> list[FixedIp]:
    """Begin the quarantine of addresses whose VIF row is gone, and return them."""
    lost = quarantine_rows.list_without_vif(connection, limit)
    if lost:
        ids = {row.id for row in lost}
        quarantine_rows.begin(connection, sorted(ids), now)
        for row in lost:
            if row.instance_uuid is not None:
                disassociate_floating_ips(connection, row.instance_uuid, ids, now)
        released = [events.address_event(events.RELEASED, row) for row in lost]
        history_rows.add(connection, released, now)
    return lost


def disassociate_floating_ips(
    connection: Connection, instance: str, fixed_ip_ids: set[int], now: datetime
) -> list[FloatingIp]:
    """Take the floating IPs of an instance from these addresses, and free auto-assigned ones.

    Return them as they were.
    """
    floating_ips = [
        floating
        for floating in floating_rows.list_for_instance(connection, instance)
        if floating.fixed_ip_id in fixed_ip_ids
    ]
    for floating in floating_ips:
        floating_rows.set_target(connection, floating, fixed_ip_id=None, host=None, now=now)
        if floating.auto_assigned:
            floating_rows.release(connection, floating, now)
    return floating_ips
