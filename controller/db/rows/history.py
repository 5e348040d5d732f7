"""Rows of ``address_history``, which is append-only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any

import sqlalchemy as sa

from cloudnet.common.request import get_request
from cloudnet.controller.db import changes
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import address_history
from cloudnet.controller.model.changes import address_change
from cloudnet.controller.model.records import Event

_INSERT = sa.insert(address_history)


def add(connection: Connection, events: Iterable[Event], now: datetime) -> None:
    """Append events, with the request that causes them."""
    request = get_request()
    caller = {
        "request_id": None if request is None else request.request_id,
        "user_id": None if request is None else request.user,
    }
    rows = []
    for event in events:
        rows.append(vars(event) | caller | {"at": now})
        changes.add(connection, address_change(event))
    if rows:  # without any, SQLAlchemy would insert one of defaults
        connection.execute(_INSERT, rows)


def list_for_address(connection: Connection, address: IPv4Address) -> list[dict[str, Any]]:
    """Return the events of an address, the oldest first; Any: columns of several types."""
    return _list(connection, address_history.c.address == address)


def list_for_instance(connection: Connection, instance: str) -> list[dict[str, Any]]:
    """Return the events of all addresses that an instance has had, the oldest first."""
    return _list(connection, address_history.c.instance_uuid == instance)


def _list(connection: Connection, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    statement = sa.select(address_history).where(condition).order_by(address_history.c.id)
    rows = connection.execute(statement)
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
