"""Rows of ``revisions``: counters, each of which is also the lock of what it counts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import revisions
from cloudnet.controller.model.revisions import first_revision

RANGES = "fixed_ranges"  # counts networks that are created or deleted
DNS = "dns"  # counts changes of DNS that hosts are notified of
DNS_PUSHED = "dns_pushed"  # what a DNS server has of DNS; 0: none gets anything
PROJECTS = "projects"  # counts networks that get a project


def increment(connection: Connection, name: str, now: datetime) -> None:
    """Raise a counter; other transactions that raise it wait until this one ends."""
    next_value, first = revisions.c.value + 1, first_revision(now)
    connection.execute(
        sa.update(revisions)
        .where(revisions.c.name == name)
        .values(value=sa.case((next_value > first, next_value), else_=first))
    )


def get(connection: Connection, name: str) -> int:
    """Return a counter's value."""
    value: int = connection.execute(
        sa.select(revisions.c.value).where(revisions.c.name == name)
    ).scalar_one()
    return value


def replace(connection: Connection, name: str, value: int) -> None:
    """Give a counter a value."""
    connection.execute(sa.update(revisions).where(revisions.c.name == name).values(value=value))
