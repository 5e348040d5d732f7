"""Allocating addresses: the next free position of a network is found and claimed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection, new_id
from cloudnet.controller.db.tables import (
    address_history,
    fixed_ips,
)
from cloudnet.controller.model.events import PICKED
from cloudnet.controller.model.records import Network

_NETWORK: sa.BindParameter[int] = given("network_id", type_=sa.BigInteger)
_POOL_START: sa.BindParameter[int] = given("pool_start", type_=sa.BigInteger)
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


_last = (
    sa.select(address_history.c.position)
    .where(address_history.c.network_id == _NETWORK, address_history.c.event == PICKED)
    .order_by(address_history.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_last_pick = sa.select(_last.label("position")).cte("last_pick")
_position = sa.select(_last_pick.c.position).scalar_subquery()
_start = sa.case(
    (_position.between(_POOL_START, _POOL_END - 1), _position),
    else_=_POOL_START - 1,
)
NEXT_FREE = sa.select(_gap_after(_start))
FREE_AFTER = sa.select(_gap_after(given("start", type_=sa.BigInteger)))

_INSERT = sa.insert(fixed_ips).values(
    created_at=given("created_at"),
    address=given("address"),
    network_id=given("network_id"),
    position=given("position"),
    virtual_interface_id=given("virtual_interface_id"),
    instance_uuid=given("instance_uuid"),
    allocated=given("allocated"),
    host=given("host"),
)


def find_free_position(connection: Connection, network: Network) -> int | None:
    """Return the free position after the last one that was picked, or None if the pool is full.

    After the pool's end the search goes on at its start, so that an address is picked again only
    after all others. The addresses in the network's own columns are left out although they may have
    no row: an operator's UPDATE can set the gateway to an address of the pool.

    :param network: as this transaction has read and locked it
    """
    position = _leave_out_unpickable(
        connection, network, connection.scalar(NEXT_FREE, _bounds(network))
    )
    if position is not None:
        return position
    return _leave_out_unpickable(
        connection, network, _find_free_after(connection, network, network.pool_start - 1)
    )


def _leave_out_unpickable(
    connection: Connection, network: Network, position: int | None
) -> int | None:
    """Return the position or, if it is never picked, the first free one after it."""
    never_picked = network.unpickable_positions
    while position in never_picked:
        position = _find_free_after(connection, network, position)
    return position


def _find_free_after(connection: Connection, network: Network, start: int) -> int | None:
    if start >= network.pool_end:
        return None
    position: int | None = connection.scalar(FREE_AFTER, {**_bounds(network), "start": start})
    return position


def _bounds(network: Network) -> dict[str, int]:
    return {
        "network_id": network.id,
        "pool_start": network.pool_start,
        "pool_end": network.pool_end,
    }


def claim(
    connection: Connection,
    network: Network,
    position: int,
    now: datetime,
    *,
    vif_id: int | None = None,
    instance: str | None = None,
    host: str | None = None,
) -> int:
    """Give a position to an instance's VIF, or to a host as its gateway; return the row's id.

    :raises Conflict: another transaction was first
    """
    done = connection.execute(
        _INSERT,
        {
            "created_at": now,
            "address": network.cidr[position],
            "network_id": network.id,
            "position": position,
            "virtual_interface_id": vif_id,
            "instance_uuid": instance,
            "allocated": instance is not None,
            "host": host,
        },
    )
    return new_id(done)
