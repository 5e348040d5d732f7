"""Rows of ``address_history``, which is append-only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import address_history
from cloudnet.controller.model.records import Event

_INSERT = sa.insert(address_history)


def add(connection: Connection, events: Iterable[Event], now: datetime) -> None:
    """Append events."""
    rows = [vars(event) | {"at": now} for event in events]
    if rows:  # without any, SQLAlchemy would insert one of defaults
        connection.execute(_INSERT, rows)


def list_for_address(connection: Connection, address: IPv4Address) -> list[dict[str, Any]]:
    """Return the events of an address, the oldest first; Any: columns of several types."""
    rows = connection.execute(
        sa.select(address_history)
        .where(address_history.c.address == address)
        .order_by(address_history.c.id)
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
