"""One transaction that takes from an instance what it has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.records import Guest, Network, SnapshotKey
from cloudnet.controller.service.hosts import attachment
from cloudnet.controller.service.networks.network_selection import RequestedNetwork


def release_instance(
    connection: Connection, instance: str, only: Sequence[RequestedNetwork], now: datetime
) -> set[SnapshotKey]:
    """Take all the instance has (or ``only`` this) and begin the quarantine of its addresses.

    Floating IPs stay with the project, except those that came with the instance.
    """
    guests = guest_rows.list_for_instance(connection, instance)
    if not guests:
        instance_rows.delete_unused(connection, [instance])
        return set()
    network_ids = [guest.network_id for guest in guests]
    seen = network_rows.get_seen_from_by_ids(connection, guests[0].host, network_ids)
    if only:
        guests = [
            guest
            for guest in guests
            if any(_is_meant(guest, seen[guest.network_id][0], request) for request in only)
        ]
        if not guests:
            return set()
    ids = {guest.fixed_ip_id for guest in guests}
    # Before the floating IPs are looked for: whoever points one here from now on is refused.
    address_rows.begin_quarantine(connection, sorted(ids), now)
    for floating in floating_rows.list_for_instance(connection, instance):
        if floating.fixed_ip_id in ids:
            floating_rows.set_target(connection, floating, fixed_ip_id=None, host=None, now=now)
            if floating.auto_assigned:
                floating_rows.release(connection, floating, now)
    vif_rows.delete(connection, [guest.vif_id for guest in guests])
    touched: set[SnapshotKey] = set()
    for guest in guests:
        network, _ = seen[guest.network_id]
        touched |= attachment.raise_revisions(connection, network, guest.host, now)
    history_rows.add(
        connection,
        [
            events.guest_event(events.RELEASED, seen[guest.network_id][0].uuid, guest)
            for guest in guests
        ],
        now,
    )
    return touched


def _is_meant(guest: Guest, network: Network, request: RequestedNetwork) -> bool:
    if request.address is not None:
        return guest.address == request.address
    return network.uuid == request.network
