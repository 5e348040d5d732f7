"""One transaction that puts an instance, with all it has, on another host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.records import Event, Guest, Instance, SnapshotKey
from cloudnet.controller.service.hosts import attachment


def move_instance(
    connection: Connection, instance: Instance, guests: Sequence[Guest], host: str, now: datetime
) -> set[SnapshotKey]:
    """Move an instance to ``host``; addresses and floating IPs stay its own.

    Both hosts are touched: the new one gets the network, the old one is rid of it if this was its
    last guest there.

    :raises NoMoreFixedIps: a network has no address left for a gateway on the new host
    """
    instance_rows.update(connection, replace(instance, host=host), now)
    floating_ips = floating_rows.list_for_instance(connection, instance.uuid)
    touched: set[SnapshotKey] = set()
    happened: list[Event] = []
    for guest in guests:
        network = network_rows.get_by_id(connection, guest.network_id)
        touched |= attachment.raise_revisions(connection, network, guest.host, now)
        served = attachment.attach(connection, network, host, now)
        touched |= served.touched
        vif_rows.move(connection, guest.vif_id, served.network, host)
        happened += served.events
        happened.append(events.guest_event(events.MOVED, network.uuid, replace(guest, host=host)))
        gateway = served.network.gateway_host(host)
        for floating in floating_ips:
            if floating.fixed_ip_id == guest.fixed_ip_id and floating.host != gateway:
                floating_rows.set_target(
                    connection, floating, fixed_ip_id=guest.fixed_ip_id, host=gateway, now=now
                )
    history_rows.add(connection, happened, now)
    return touched
