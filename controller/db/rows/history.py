"""Rows of ``address_history``: written once, never changed."""

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
    """Add what happened."""
    connection.execute(_INSERT, [vars(event) | {"at": now} for event in events])


def list_for_address(connection: Connection, address: IPv4Address) -> list[dict[str, Any]]:
    """Return what happened to an address, oldest first."""
    rows = connection.execute(
        sa.select(address_history)
        .where(address_history.c.address == address)
        .order_by(address_history.c.id)
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
