"""Rows of ``quotas``: the limits that an operator has set for single projects."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import quotas

_LIMIT = sa.select(sa.func.coalesce(quotas.c.hard_limit, -1)).where(
    quotas.c.project_id == given("project"), quotas.c.resource == given("resource")
)


def get_limit(connection: Connection, project: str, resource: str) -> int | None:
    """Return a project's own limit (-1: no limit), or None if the configured default applies."""
    limit: int | None = connection.scalar(_LIMIT, {"project": project, "resource": resource})
    return limit


def set_limit(
    connection: Connection, project: str, resource: str, hard_limit: int, now: datetime
) -> None:
    """Set a project's own limit."""
    done = connection.execute(
        sa.update(quotas)
        .where(quotas.c.project_id == project, quotas.c.resource == resource)
        .values(hard_limit=hard_limit, updated_at=now)
    )
    if not done.rowcount:
        connection.execute(
            sa.insert(quotas).values(
                created_at=now, project_id=project, resource=resource, hard_limit=hard_limit
            )
        )
