"""Which hosts serve a network, and what each of them needs for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.errors import NoMoreFixedIps
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import pool
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.records import Event, Network, SnapshotKey


@dataclass(frozen=True)
class Attachment:
    """A network that a guest's host can now have guests on."""

    network: Network
    own_address: IPv4Address | None  # of the guest's host; None: a single-host network
    touched: frozenset[SnapshotKey]
    events: tuple[Event, ...] = ()


def attach(connection: Connection, network: Network, host: str, now: datetime) -> Attachment:
    """See to it that a network has a gateway for guests on ``host``.

    In multi-host mode each host takes an address of its own out of the pool; else the first host
    used becomes the gateway of them all, unless the operator has named one.
    """
    if not network.multi_host:
        led = _with_gateway(connection, network, host, now)
        touched = frozenset(raise_revisions(connection, led, host, now))
        if led != network:
            # Those that had been left without one.
            vif_rows.set_gateway_revision(connection, led)
            floating_rows.set_host_for_network(connection, led.id, led.host, now)
        return Attachment(led, None, touched)
    touched = frozenset(raise_revisions(connection, network, host, now))
    # Read only now: whoever frees a host's address locks the row that was just touched.
    own_address = address_rows.get_gateway(connection, network.id, host)
    if own_address is not None:
        return Attachment(network, own_address, touched)
    position = pool.find_free_position(connection, network)
    if position is None:
        raise NoMoreFixedIps(
            f"network {network.label} ({network.cidr}) has no free address for a gateway on host "
            f"{host}; delete instances or give the project another network"
        )
    pool.claim(connection, network, position, now, host=host)
    address = network.cidr[position]
    event = Event(
        event=events.GATEWAY,
        address=address,
        network_id=network.id,
        network_uuid=network.uuid,
        position=position,
        mac=None,
        instance_uuid=None,
        project_id=network.project_id,
        host=host,
    )
    return Attachment(network, address, touched, (event,))


def raise_revisions(
    connection: Connection, network: Network, guest_host: str, now: datetime
) -> set[SnapshotKey]:
    """Raise the revision of every host that a change of a guest concerns, in one order."""
    concerned = {guest_host, network.gateway_host(guest_host) or guest_host}
    return {
        host_network_rows.raise_revision(connection, host, network, now)
        for host in sorted(concerned)
    }


def _with_gateway(connection: Connection, network: Network, host: str, now: datetime) -> Network:
    if network.host is not None:
        return network
    if network_rows.claim_gateway(connection, network.id, host, now):
        return replace(network, host=host)
    return network_rows.get_by_id(connection, network.id)
