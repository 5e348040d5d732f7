"""Attaching networks to hosts: which hosts serve a network, and what each of them needs for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.errors import NoMoreFixedIps
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import pool
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.host_changes import WHOLE, ChangedPart
from cloudnet.controller.model.records import Event, Network, SnapshotKey
from cloudnet.controller.service.hosts.restored import require_checked


@dataclass(frozen=True)
class Attachment:
    """A network that is attached to the host of a guest."""

    network: Network
    own_address: IPv4Address | None  # of the guest's host; None: a single-host network
    is_new: bool  # the host or its network has got something that no guest of it had before
    events: tuple[Event, ...] = ()


def attach(connection: Connection, network: Network, host: str, now: datetime) -> Attachment:
    """Attach a network to a host, so that guests there have a gateway.

    On a multi-host network each host takes an address of its own out of the pool. On a single-host
    network the first host becomes the gateway of all guests, unless the operator has named one.

    :raises NoMoreFixedIps: the network has no address for the host
    """
    if network.multi_host:
        return _attach_multi_host(connection, network, host, now)
    with_gateway = _ensure_gateway(connection, network, host, now)
    if with_gateway == network:
        return Attachment(network, None, is_new=False)
    # Guests and floating IPs may have been left without a gateway.
    vif_rows.move_gateway(connection, with_gateway)
    floating_rows.set_host_for_network(connection, with_gateway.id, with_gateway.host, now)
    return Attachment(with_gateway, None, is_new=True)


def record_changes(
    connection: Connection,
    network: Network,
    guest_host: str,
    now: datetime,
    parts: Sequence[ChangedPart] = (WHOLE,),
) -> set[SnapshotKey]:
    """Record that a network changes on each host that serves guests of ``guest_host``."""
    hosts = sorted({guest_host, network.gateway_host(guest_host) or guest_host})
    host_change_rows.add_all(connection, hosts, network, now, parts)
    return {SnapshotKey(host, network.uuid) for host in hosts}


def _attach_multi_host(
    connection: Connection, network: Network, host: str, now: datetime
) -> Attachment:
    # A transaction that releases the address waits for this one, and then finds its change.
    own_address = address_rows.lock_gateway(connection, network.id, host, shared=True)
    if own_address is not None:
        return Attachment(network, own_address, is_new=False)
    event = _claim_own_address(connection, network, host, now)
    return Attachment(network, event.address, is_new=True, events=(event,))


def _claim_own_address(connection: Connection, network: Network, host: str, now: datetime) -> Event:
    require_checked(connection, now)
    allocated = pool.allocate(connection, network, pool.Holder(host=host), now)
    if allocated is None:
        raise NoMoreFixedIps(
            f"network {network.label} ({network.cidr}) has no free address for a gateway on host "
            f"{host}; delete instances or give the project another network"
        )
    _, position = allocated
    return events.network_event(events.GATEWAY, network, network.cidr[position], host)


def _ensure_gateway(connection: Connection, network: Network, host: str, now: datetime) -> Network:
    if network.host is not None:
        return network
    if network_rows.claim_gateway(connection, network.id, host, now):
        return replace(network, host=host)
    return network_rows.get_by_id(connection, network.id)
