"""The changes that a transaction collects, so that they are announced after its commit."""

from __future__ import annotations

from sqlalchemy import Connection

from cloudnet.controller.model.changes import Change

_KEY = "cloudnet.changes"


def begin(connection: Connection) -> None:
    """Begin to collect: a transaction starts."""
    connection.info[_KEY] = []


def add(connection: Connection, change: Change) -> None:
    """Add a change to those of the transaction."""
    connection.info.setdefault(_KEY, []).append(change)


def take(connection: Connection) -> list[Change]:
    """Return the changes of the transaction, and forget them."""
    changes: list[Change] = connection.info.pop(_KEY, [])
    return changes
