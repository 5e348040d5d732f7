"""Rows of ``operation_log``, which is append-only: who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cloudnet.common.request import Request
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import operation_log

_INSERT = sa.insert(operation_log)


def add(connection: Connection, request: Request, now: datetime) -> None:
    """Append a request."""
    connection.execute(
        _INSERT,
        {
            "at": now,
            "source": request.source,
            "operation": request.operation,
            "arguments": request.arguments,
            "request_id": request.request_id,
            "user_id": request.user,
            "project_id": request.project,
        },
    )


def list_last(
    connection: Connection, limit: int, request_id: str | None = None
) -> list[dict[str, Any]]:
    """Return the last rows, the oldest first; Any: columns of several types."""
    statement = sa.select(operation_log).order_by(operation_log.c.id.desc()).limit(limit)
    if request_id is not None:
        statement = statement.where(operation_log.c.request_id == request_id)
    rows = [dict(row._mapping) for row in connection.execute(statement)]  # noqa: SLF001 - public
    return rows[::-1]
