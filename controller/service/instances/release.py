"""One transaction that releases what an instance has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import quarantine as quarantine_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.host_changes import WHOLE, ChangedPart
from cloudnet.controller.model.records import Guest, Network, SnapshotKey
from cloudnet.controller.service.addresses.quarantine import disassociate_floating_ips
from cloudnet.controller.service.hosts import attachment
from cloudnet.controller.service.migrations.preparation import end_preparation
from cloudnet.controller.service.networks.network_selection import RequestedNetwork


def release_instance(
    connection: Connection, instance: str, only: Sequence[RequestedNetwork], now: datetime
) -> set[SnapshotKey]:
    """Release an instance's addresses (or ``only`` these) and the VIFs that have none any more.

    The quarantine of the addresses begins.
    Floating IPs stay with the project, except auto-assigned ones. Returns which snapshots change.
    """
    guests = guest_rows.list_for_instance(connection, instance)
    if not guests:
        instance_rows.delete_unused(connection, [instance])
        return set()
    networks = _map_networks(connection, guests)
    everything = guests
    if only:
        guests = [
            guest
            for guest in guests
            if any(_matches(guest, networks[guest.network_id], request) for request in only)
        ]
        if not guests:
            return set()
    fixed_ip_ids = {guest.fixed_ip_id for guest in guests}
    # Before the floating IPs are read: from now on none can be associated with these addresses.
    quarantine_rows.begin(connection, sorted(fixed_ip_ids), now)
    floating_ips = disassociate_floating_ips(connection, instance, fixed_ip_ids, now)
    kept = {guest.vif_id for guest in everything if guest.fixed_ip_id not in fixed_ip_ids}
    vif_rows.delete(connection, {guest.vif_id for guest in guests} - kept)
    changed: set[SnapshotKey] = set()
    for guest in guests:
        network = networks[guest.network_id]
        parts = [ChangedPart(fixed_ip=guest.address)] + [
            ChangedPart(fixed_ip=guest.address, floating_ip=floating.address)
            for floating in floating_ips
            if floating.fixed_ip_id == guest.fixed_ip_id
        ]
        if guest.vif_id in kept:
            parts = [WHOLE]  # DHCP may give the VIF another of its addresses now
        changed |= attachment.record_changes(connection, network, guest.host, now, parts)
    if len(guests) == len(everything):
        changed |= end_preparation(connection, instance, now)
    released = [
        events.guest_event(events.RELEASED, networks[guest.network_id].uuid, guest)
        for guest in guests
    ]
    history_rows.add(connection, released, now)
    return changed


def _map_networks(connection: Connection, guests: Sequence[Guest]) -> Mapping[int, Network]:
    ids = [guest.network_id for guest in guests]
    seen = network_rows.map_seen_by_id(connection, guests[0].host, ids)
    return {network_id: network for network_id, (network, _) in seen.items()}


def _matches(guest: Guest, network: Network, request: RequestedNetwork) -> bool:
    if request.address is not None:
        return guest.address == request.address
    return network.uuid == request.network
