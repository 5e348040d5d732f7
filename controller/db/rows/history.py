"""Rows of ``address_history``: written once, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import address_history
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

_INSERT = sa.insert(address_history)


def add_events(connection: Connection, events: Iterable[Event], now: datetime) -> None:
    """Add what happened."""
    connection.execute(_INSERT, [vars(event) | {"at": now} for event in events])


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


def list_events(connection: Connection, address: IPv4Address) -> list[dict[str, Any]]:
    """Return what happened to an address, oldest first."""
    rows = connection.execute(
        sa.select(address_history)
        .where(address_history.c.address == address)
        .order_by(address_history.c.id)
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
