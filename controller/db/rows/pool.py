"""Handing out addresses: the next free position of a network, found and taken."""

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
    """The first position behind ``start`` that has no row, walking no further than to it.

    Either the next position has no row, or it is the one behind the first row that has no
    neighbour: an index answers both, so the cost is the length of the run that is stepped over.
    """
    here, there, first = fixed_ips.alias("here"), fixed_ips.alias("there"), fixed_ips.alias("first")
    next_is_taken = sa.exists().where(first.c.network_id == _NETWORK, first.c.position == start + 1)
    behind_the_run = (
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
    return sa.select(sa.case((next_is_taken, behind_the_run), else_=start + 1)).scalar_subquery()


_last = (
    sa.select(address_history.c.position)
    .where(address_history.c.network_id == _NETWORK, address_history.c.event == PICKED)
    .order_by(address_history.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_turn = sa.select(_last.label("position")).cte("turn")
_position = sa.select(_turn.c.position).scalar_subquery()
_start = sa.case(
    (_position.between(_POOL_START, _POOL_END - 1), _position),
    else_=_POOL_START - 1,
)
NEXT = sa.select(_gap_after(_start))
FIRST = sa.select(_gap_after(_POOL_START - 1))

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
    """Return the free position that has been free longest, None when the network is full.

    The pick goes on behind the last one and starts again at the pool's end, so that an address
    comes up again only after all others have.
    """
    bounds = {
        "network_id": network.id,
        "pool_start": network.pool_start,
        "pool_end": network.pool_end,
    }
    position: int | None = connection.scalar(NEXT, bounds)
    if position is None:
        position = connection.scalar(FIRST, bounds)
    return position


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
    """Give a position to an instance's VIF or to a host as its gateway; return the row's id.

    :raises Conflict: another transaction was first; picking again is up to the caller
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
