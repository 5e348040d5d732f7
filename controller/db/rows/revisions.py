"""Rows of ``revisions``: counters whose row is also the lock of what they count."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import revisions

RANGES = "fixed_ranges"  # goes up when a network comes or goes
PROJECTS = "projects"  # goes up when a network is given to a project


def increment(connection: Connection, name: str, now: datetime) -> None:
    """Count one more; whoever else does waits until this transaction ends.

    The clock (ms) is the least: so it is above all that hosts may remember, also when the database
    is a new one, or from a backup.
    """
    more, clock = revisions.c.value + 1, int(now.timestamp() * 1000)
    connection.execute(
        sa.update(revisions)
        .where(revisions.c.name == name)
        .values(value=sa.case((more > clock, more), else_=clock))
    )


def get(connection: Connection, name: str) -> int:
    """Return where a counter stands."""
    value: int = connection.execute(
        sa.select(revisions.c.value).where(revisions.c.name == name)
    ).scalar_one()
    return value
