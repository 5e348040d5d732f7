"""Rows of ``dns_changes``: names whose records changed, by the revision that published them.

A transaction adds a name without a revision. A later transaction, which no caller waits for, gives
all committed names the next revision: so no name gets a revision below one that a host has already,
and callers do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.db.tables import dns_changes, dns_entries
from cloudnet.controller.model.dns import DnsKey, NameState

KEPT_REVISIONS = 1000  # a host that lacks more of them gets all names

_revision = dns_changes.c.revision
_REVISIONS = sa.select(_revision).where(_revision.is_not(None)).distinct()


def add(connection: Connection, keys: Iterable[DnsKey]) -> None:
    """Note names that the transaction changes."""
    rows = [{"domain": domain, "name": name} for domain, name in keys]
    if rows:
        connection.execute(sa.insert(dns_changes), rows)


def has_unpublished(connection: Connection) -> bool:
    """Return whether committed changes have no revision yet."""
    statement = sa.select(dns_changes.c.id).where(_revision.is_(None)).limit(1)
    return connection.execute(statement).first() is not None


def publish(connection: Connection, now: datetime) -> int:
    """Give all committed changes the next revision, and forget the oldest ones.

    Return the revision before it.
    """
    before = revision_rows.get(connection, revision_rows.DNS)
    revision_rows.increment(connection, revision_rows.DNS, now)  # also a lock
    unpublished = sa.select(dns_changes.c.id).where(_revision.is_(None))
    ids = list(connection.execute(unpublished).scalars())
    revision = revision_rows.get(connection, revision_rows.DNS)
    # By id: an update by revision would wait for transactions that are adding names.
    statement = sa.update(dns_changes).where(dns_changes.c.id == sa.bindparam("row"))
    if ids:
        values = [{"row": row} for row in ids]
        connection.execute(statement.values(revision=revision), values)
    last = _REVISIONS.order_by(_revision.desc()).offset(KEPT_REVISIONS).limit(1)
    oldest = connection.execute(last).scalar()
    pushed = revision_rows.get(connection, revision_rows.DNS_PUSHED)
    if oldest is not None and pushed:
        oldest = min(oldest, pushed)
    if oldest is not None:
        connection.execute(sa.delete(dns_changes).where(_revision <= oldest))
    return before


def publish_again(connection: Connection, now: datetime) -> None:
    """Have all changes published again; what hosts have is known no more, so they get all names."""
    connection.execute(sa.update(dns_changes).values(revision=None))
    revision_rows.increment(connection, revision_rows.DNS, now)


def find_base(connection: Connection, back: int) -> int | None:
    """Return the revision so many revisions ago, or the oldest that is known; None: none is."""
    recent = _REVISIONS.order_by(_revision.desc()).limit(back + 1)
    return min(connection.execute(recent).scalars(), default=None)


def is_known(connection: Connection, revision: int) -> bool:
    """Return whether all changes since a revision are known."""
    statement = sa.select(dns_changes.c.id).where(_revision == revision).limit(1)
    return connection.execute(statement).first() is not None


def list_states_since(connection: Connection, revision: int) -> list[NameState]:
    """Return the names that changed after a revision, as they are now."""
    statement = (
        sa.select(dns_changes.c.domain, dns_changes.c.name, dns_entries.c.address)
        .distinct()
        .select_from(
            dns_changes.outerjoin(
                dns_entries,
                sa.and_(
                    dns_entries.c.domain == dns_changes.c.domain,
                    dns_entries.c.name == dns_changes.c.name,
                ),
            )
        )
        .where(_revision > revision, dns_changes.c.name != "")
        .order_by(dns_changes.c.domain, dns_changes.c.name)
    )
    return [NameState(*row) for row in read_rows(connection, statement)]
