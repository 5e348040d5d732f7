"""A hint for SQLite's planner, which knows no statistics: which index a query shall not use."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Unindexed(FunctionElement[Any]):  # Any: of the column's type
    inherit_cache = True


def unindexed(column: sa.Column[Any]) -> sa.ColumnElement[Any]:  # Any: of whichever type
    """Return a column that SQLite does not look up in an index; other databases may.

    Of two indexes that look equally good, SQLite may take the one that finds a hundred thousand
    rows. PostgreSQL and MariaDB decide by their statistics and need no hint.
    """
    element = _Unindexed(column)
    element.type = column.type
    return element


@compiles(_Unindexed)
def _compile(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_Unindexed, "sqlite")
def _compile_for_sqlite(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    # A unary plus is how SQLite's manual disqualifies a term from the use of an index.
    return f"+{compiler.process(element.clauses, **options)}"
