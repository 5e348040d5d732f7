"""Rows as the driver returns them: a check must be able to read what no column type accepts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import metadata


def list_raw(connection: Connection, table_name: str) -> list[dict[str, Any]]:
    """Return all rows of a table by column, in the order of its key; Any: the driver's values."""
    table = metadata.tables[table_name]
    columns = [
        sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in table.columns
    ]
    statement = sa.select(*columns).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(statement).mappings()]
