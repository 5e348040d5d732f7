"""Reading lists of rows that an operator may have edited: one bad row does not hide the others.

A row with a value that its column cannot have (text that is no address) is left out, and named in
the log. Where a single row is read, the error passes to the caller.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from cloudnet.common.errors import UnreadableRow
from cloudnet.common.log_once import ConditionLog
from cloudnet.controller.db.columns import (
    Address,
    Address6,
    AnyAddress,
    Cidr,
    Cidr6,
    Timestamp,
    TopologyName,
)
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import metadata

LOG = logging.getLogger(__name__)

TEXT_TYPES = (Address, Address6, AnyAddress, Cidr, Cidr6)
CHECKED_TYPES = (*TEXT_TYPES, Timestamp, TopologyName)
_conditions: WeakKeyDictionary[sa.Engine, ConditionLog] = WeakKeyDictionary()

Parameters = Mapping[str, Any]  # Any: as the columns are
Rows = Sequence[Any]  # Any: SQLAlchemy types no columns of a statement that is passed on


def read_rows(
    connection: Connection, statement: sa.Executable, parameters: Parameters | None = None
) -> Rows:
    """Return the rows of a statement without those that cannot be read."""
    try:
        return connection.execute(statement, parameters).all()
    except UnreadableRow:
        return list(_skip_unreadable(connection, connection.execute(statement, parameters)))


def read_scalars(
    connection: Connection, statement: sa.Executable, parameters: Parameters | None = None
) -> list[Any]:
    """Return the first column of each row that can be read."""
    return [row[0] for row in read_rows(connection, statement, parameters)]


def _skip_unreadable(connection: Connection, result: sa.CursorResult[Any]) -> Iterator[sa.Row[Any]]:
    errors = []
    while True:
        try:
            row = result.fetchone()
        except UnreadableRow as error:
            errors.append(error)
            continue
        if row is None:
            break
        yield row
    # An error: cloudnet-manage prints no warnings, and a list must not lack a row without a word.
    conditions = _conditions.setdefault(connection.engine, ConditionLog(LOG, logging.ERROR))
    for each in errors:
        for name in find_rows(connection, each.value):
            conditions.start(f"{name}: left out until it is corrected by SQL ({each})")


def find_rows(connection: Connection, value: object) -> list[str]:
    """Return the rows that have a value in a column of a checked type, by table and key."""
    found: list[str] = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, CHECKED_TYPES):
                found += _find_in_column(connection, column, value)
    return found


def _find_in_column(connection: Connection, column: sa.Column[Any], value: object) -> Iterator[str]:
    if not isinstance(column.type, TEXT_TYPES) and connection.dialect.name != "sqlite":
        return  # only SQLite stores text in a column of times
    table = column.table
    raw = sa.type_coerce(column, sa.String)
    keys = [sa.type_coerce(key, sa.String) for key in table.primary_key.columns]
    for row in connection.execute(sa.select(*keys).where(raw == str(value))):
        yield f"table {table.name}, row {'/'.join(map(str, row))}, column {column.name}"
