"""One transaction that moves an instance, with all it has, to another host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import preparations as preparation_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.host_changes import ChangedPart
from cloudnet.controller.model.records import Event, Guest, Instance, SnapshotKey
from cloudnet.controller.service.hosts import attachment
from cloudnet.controller.service.hosts.administration import require_enabled


def move_instance(
    connection: Connection, instance: Instance, guests: Sequence[Guest], host: str, now: datetime
) -> set[SnapshotKey]:
    """Move an instance to ``host``; it keeps its addresses and floating IPs.

    Returns which snapshots change: on the new host the networks are attached, on the old one they
    are detached if this was their last guest there.

    :raises HostDisabled: an operator has disabled the new host
    :raises NoMoreFixedIps: a network has no address for a gateway on the new host
    """
    require_enabled(connection, host)
    instance_rows.update(connection, replace(instance, host=host), now)
    floating_ips = floating_rows.list_for_instance(connection, instance.uuid)
    changed: set[SnapshotKey] = set()
    moved: list[Event] = []
    for guest in guests:
        network = network_rows.get_by_id(connection, guest.network_id)
        changed |= attachment.record_changes(connection, network, guest.host, now)
        attached = attachment.attach(connection, network, host, now)
        vif_rows.move(connection, guest.vif_id, attached.network)
        part = ChangedPart(guest.vif_uuid)
        changed |= attachment.record_changes(connection, attached.network, host, now, [part])
        moved += attached.events
        moved.append(events.guest_event(events.MOVED, network.uuid, replace(guest, host=host)))
        gateway = attached.network.gateway_host(host)
        for floating in floating_ips:
            if floating.fixed_ip_id == guest.fixed_ip_id and floating.host != gateway:
                floating_rows.set_target(
                    connection, floating, fixed_ip_id=guest.fixed_ip_id, host=gateway, now=now
                )
    history_rows.add(connection, moved, now)
    network_ids = {guest.network_id for guest in guests}
    preparation_rows.remove(connection, host, network_ids, instance.uuid)
    return changed
