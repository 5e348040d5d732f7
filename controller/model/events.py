"""Events of ``address_history``: their kinds, and how they are made of guests and addresses."""

from __future__ import annotations

from ipaddress import IPv4Address

from cloudnet.controller.model.records import Event, FixedIp, Guest, Network

PICKED = "allocated"  # picked from the pool
REQUESTED = "requested"  # allocated because the caller requested it
MOVED = "moved"  # its instance was moved to another host
RELEASED = "released"  # its instance released it: the quarantine begins
FREED = "freed"  # the quarantine ended
GATEWAY = "gateway"  # a host got it as its own address
GATEWAY_FREED = "gateway freed"
RESERVED = "reserved"
UNRESERVED = "unreserved"


def guest_event(kind: str, network_uuid: str, guest: Guest) -> Event:
    """Return an event of a guest's address."""
    return Event(
        event=kind,
        address=guest.address,
        network_id=guest.network_id,
        network_uuid=network_uuid,
        position=guest.position,
        mac=guest.mac,
        instance_uuid=guest.instance,
        project_id=guest.project,
        host=guest.host,
    )


def address_event(kind: str, row: FixedIp) -> Event:
    """Return an event of an address that no guest has any more."""
    return Event(
        event=kind,
        address=row.address,
        network_id=row.network_id,
        network_uuid=row.network_uuid,
        position=row.position,
        mac=None,
        instance_uuid=row.instance_uuid,
        project_id=row.project_id,
        host=row.host,
    )


def network_event(
    kind: str, network: Network, address: IPv4Address, host: str | None = None
) -> Event:
    """Return an event of an address that no guest has had."""
    return Event(
        event=kind,
        address=address,
        network_id=network.id,
        network_uuid=network.uuid,
        position=network.position_of(address),
        mac=None,
        instance_uuid=None,
        project_id=network.project_id,
        host=host,
    )
