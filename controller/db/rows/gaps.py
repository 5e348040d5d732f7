"""The positions of a network that have no row: they are found in an index."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import fixed_ips
from cloudnet.controller.model.records import Network

_NETWORK: sa.BindParameter[int] = given("network_id", type_=sa.BigInteger)
_POOL_END: sa.BindParameter[int] = given("pool_end", type_=sa.BigInteger)


def _gap_after(start: Any) -> sa.ScalarSelect[Any]:  # Any: an SQL expression
    """The first position after ``start`` that has no row.

    It is the next position, or the one after the first row whose next position has no row. Both are
    looked up in an index: the cost is the number of consecutive rows after ``start``.
    """
    here, there, first = fixed_ips.alias("here"), fixed_ips.alias("there"), fixed_ips.alias("first")
    next_is_taken = sa.exists().where(first.c.network_id == _NETWORK, first.c.position == start + 1)
    after_the_run = (
        sa.select(here.c.position + 1)
        .where(
            here.c.network_id == _NETWORK,
            here.c.position > start,
            here.c.position < _POOL_END,
            ~sa.exists().where(
                there.c.network_id == _NETWORK, there.c.position == here.c.position + 1
            ),
        )
        .order_by(here.c.position)
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(sa.case((next_is_taken, after_the_run), else_=start + 1)).scalar_subquery()


FREE_AFTER = sa.select(_gap_after(given("start", type_=sa.BigInteger)))


def find_gap_after(connection: Connection, network: Network, start: int) -> int | None:
    """Return the first position of the pool after ``start`` that has no row; None: there is none.

    The addresses in the network's own columns are left out although they may have no row: an
    operator's UPDATE can set the gateway to an address of the pool.
    """
    never_picked = network.unpickable_positions
    position: int | None = max(start, network.pool_start - 1)
    while position is not None and position < network.pool_end:
        position = connection.scalar(
            FREE_AFTER,
            {"network_id": network.id, "pool_end": network.pool_end, "start": position},
        )
        if position not in never_picked:
            return position
    return None
