"""Rows of ``quotas``: what an operator has set for one project."""

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
    """Return the project's limit, -1 for none; None: the configuration's holds."""
    found: int | None = connection.scalar(_LIMIT, {"project": project, "resource": resource})
    return found


def set_limit(
    connection: Connection, project: str, resource: str, hard_limit: int, now: datetime
) -> None:
    """Set the project's limit."""
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
