"""Events of ``address_history``: their kinds, and how they are made of guests and addresses."""

from __future__ import annotations

from cloudnet.controller.model.records import Event, FixedIp, Guest

PICKED = "allocated"  # taken from the pool: the next pick goes on behind it
REQUESTED = "requested"  # allocated because it was asked for by name
MOVED = "moved"  # its guest runs on another host now
RELEASED = "released"  # the guest is gone, the quarantine begins
FREED = "freed"  # can be had again
GATEWAY = "gateway"  # a host took it as its own
GATEWAY_FREED = "gateway freed"
RESERVED = "reserved"
UNRESERVED = "unreserved"


def guest_event(event: str, network_uuid: str, guest: Guest) -> Event:
    """Return what happened to a guest's address."""
    return Event(
        event=event,
        address=guest.address,
        network_id=guest.network_id,
        network_uuid=network_uuid,
        position=guest.position,
        mac=guest.mac,
        instance_uuid=guest.instance,
        project_id=guest.project,
        host=guest.host,
    )


def address_event(event: str, row: FixedIp) -> Event:
    """Return what happened to an address that is nobody's any more."""
    return Event(
        event=event,
        address=row.address,
        network_id=row.network_id,
        network_uuid=row.network_uuid,
        position=row.position,
        mac=None,
        instance_uuid=row.instance_uuid,
        project_id=row.project_id,
        host=row.host,
    )
