"""Rows of ``quotas``: the limits that an operator has set for single projects."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import project_locks, quotas

_LIMIT = sa.select(sa.func.coalesce(quotas.c.hard_limit, -1)).where(
    quotas.c.project_id == given("project"), quotas.c.resource == given("resource")
)


def get_limit(connection: Connection, project: str, resource: str) -> int | None:
    """Return a project's own limit (-1: no limit), or None if the configured default applies."""
    limit: int | None = connection.scalar(_LIMIT, {"project": project, "resource": resource})
    return limit


def lock_project(connection: Connection, project: str) -> None:
    """Keep other transactions from counting the project's resources before this one ends.

    :raises Conflict: another transaction adds the project's lock at the same moment
    """
    done = connection.execute(
        sa.update(project_locks)
        .where(project_locks.c.project_id == project)
        .values(value=project_locks.c.value + 1)
    )
    if not done.rowcount:
        connection.execute(sa.insert(project_locks).values(project_id=project, value=1))


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
