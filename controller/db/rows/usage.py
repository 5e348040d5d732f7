"""The view ``ip_usage``: how full each network is."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.columns import Cidr
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.model.records import Usage

_COLUMNS: list[sa.ColumnClause[Any]] = [
    sa.column("cidr", Cidr) if field.name == "cidr" else sa.column(field.name)
    for field in fields(Usage)
]
_USAGE = sa.select(*_COLUMNS).select_from(sa.table("ip_usage"))


def list_usage(connection: Connection) -> list[Usage]:
    """Return the usage of each network, the oldest first."""
    rows = read_rows(connection, _USAGE.order_by(sa.column("network_id")))
    return [Usage(*row) for row in rows]
