"""Which key or constraint a driver's integrity error is about.

PostgreSQL and MariaDB name the constraint; its name leads to table and columns by the tables'
naming convention. SQLite names the columns of a key. What is still missing is read from the
statement.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.tables import metadata

Key = tuple[str | None, tuple[str, ...]]  # table, columns


class Conflict(Exception):  # noqa: N818 - no error by itself: callers decide what it means
    """A statement violates a key or a constraint: most often another transaction was first."""

    def __init__(self, table: str | None, columns: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.table = table  # None: neither the error nor the statement names it
        self.columns = columns  # of the key; empty: a check, or the error does not name the key

    def is_on(self, table: str, *columns: str) -> bool:
        """Whether it is about a table and, if columns are given, about the key of exactly these."""
        return self.table == table and (not columns or self.columns == columns)


def parse_conflict(error: Any, statement: str | None = None) -> Conflict:  # Any: the driver's error
    """Return what a driver's integrity error is about."""
    text = " ".join(str(error).split())
    named_table = _parse_table(statement)
    diag = getattr(error, "diag", None)
    if diag is not None:
        table, columns = _read_diagnostics(diag)
    else:
        table, columns = _parse_constraint(text) or _parse_columns(text, named_table)
    if named_table is not None and table not in {None, named_table}:
        return Conflict(named_table, (), text)  # a row of another table refers to the row
    return Conflict(table or named_table, columns, text)


def _read_diagnostics(diag: Any) -> Key:  # Any: psycopg's Diagnostic
    """Read the fields that PostgreSQL sends beside its message, which may be in any language."""
    column = () if diag.column_name is None else (diag.column_name,)
    return _keys().get(diag.constraint_name, (diag.table_name, column))


def _parse_constraint(text: str) -> Key | None:
    """Find a constraint of ours; the last name counts, for a value in quotes comes before it."""
    names = [name for name in re.findall(r"\w+", text) if name in _keys()]
    return _keys()[names[-1]] if names else None


def _parse_columns(text: str, named_table: str | None) -> Key:
    """Find SQLite's list of columns, or what MariaDB names by no constraint."""
    listed = re.search(r"constraint failed: (\w+)\.\w+(?:, \1\.\w+)*$", text)
    if listed is not None:
        return listed[1], tuple(re.findall(rf"\b{listed[1]}\.(\w+)", listed[0]))
    primary = re.search(r"for key '(?:(\w+)\.)?PRIMARY'", text)
    if primary is not None:
        table = primary[1] or named_table or ""
        return _keys().get(f"pk_{table}", (named_table, ()))
    null = re.search(r"(?:Column|Field) '(\w+)' (?:cannot be null|doesn't have a default)", text)
    return None, () if null is None else (null[1],)


def _parse_table(statement: str | None) -> str | None:
    found = re.match(
        r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+[`\"]?(\w+)", statement or "", re.IGNORECASE
    )
    return None if found is None else found[1]


@cache
def _keys() -> dict[str, Key]:
    """Return table and columns of each named constraint; checks have no columns."""
    return {
        str(constraint.name): (table.name, _column_names(constraint))
        for table in metadata.tables.values()
        for constraint in table.constraints
    }


def _column_names(constraint: sa.Constraint) -> tuple[str, ...]:
    keys = sa.PrimaryKeyConstraint | sa.UniqueConstraint | sa.ForeignKeyConstraint
    if isinstance(constraint, keys):
        return tuple(column.name for column in constraint.columns)
    return ()
