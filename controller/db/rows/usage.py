"""The view ``ip_usage``: how full each network is."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.columns import Cidr
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import fixed_ips
from cloudnet.controller.model.records import Network, Usage

_COLUMNS: list[sa.ColumnClause[Any]] = [
    sa.column("cidr", Cidr) if field.name == "cidr" else sa.column(field.name)
    for field in fields(Usage)
]
_USAGE = sa.select(*_COLUMNS).select_from(sa.table("ip_usage"))


def count_resting(connection: Connection) -> dict[int, int]:
    """Return by network id how many addresses of its pool are in quarantine."""
    rows = connection.execute(
        sa.select(fixed_ips.c.network_id, sa.func.count())
        .where(~fixed_ips.c.allocated, fixed_ips.c.instance_uuid.is_not(None))
        .group_by(fixed_ips.c.network_id)
    )
    return {row[0]: row[1] for row in rows}


def list_taken(connection: Connection, network: Network) -> list[int]:
    """Return the positions of a network's pool that are not free, in ascending order."""
    return list(
        connection.scalars(
            sa.select(fixed_ips.c.position)
            .where(
                fixed_ips.c.network_id == network.id,
                fixed_ips.c.position.between(network.pool_start, network.pool_end),
            )
            .order_by(fixed_ips.c.position)
        )
    )


def list_usage(connection: Connection) -> list[Usage]:
    """Return the usage of each network, the oldest first."""
    rows = read_rows(connection, _USAGE.order_by(sa.column("network_id")))
    return [Usage(*row) for row in rows]
