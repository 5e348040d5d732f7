"""Rows of ``free_ips``: the addresses of each pool that are allocated next.

A transaction takes the first row that no other transaction has locked, so that callers of one
network neither pick the same address nor wait for each other. Addresses that have never been
allocated are listed a block at a time and come first; then come those that were released, the one
that has been free longest first.

The list only saves a search. ``fixed_ips`` and ``networks`` decide: a listed address that has a row
there meanwhile, or is no longer in the pool, is passed over, and a free address that is not listed
is found when the list is empty (``pool.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows.gaps import find_gap_after
from cloudnet.controller.db.tables import address_pools, fixed_ips, free_ips
from cloudnet.controller.model.records import Network

BLOCK = 256  # addresses that are listed at once
NEVER_USED = datetime(1970, 1, 1, tzinfo=UTC)  # freed_at of an address that nobody has had yet

_FIRST = (
    sa.select(
        free_ips.c.position,
        free_ips.c.freed_at,
        sa.func.coalesce(
            sa.select(address_pools.c.listed_to)
            .where(address_pools.c.network_id == given("network_id"))
            .scalar_subquery(),
            0,
        ),
    )
    .where(
        free_ips.c.network_id == given("network_id"),
        free_ips.c.position.between(given("pool_start"), given("pool_end")),
        free_ips.c.position.not_in(given("unpickable", expanding=True)),
        ~sa.exists().where(
            fixed_ips.c.network_id == given("network_id"),
            fixed_ips.c.position == free_ips.c.position,
        ),
    )
    .order_by(free_ips.c.freed_at, free_ips.c.position)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_REMOVE = sa.delete(free_ips).where(
    free_ips.c.network_id == given("in_network"), free_ips.c.position == given("at_position")
)


@dataclass(frozen=True)
class _Entry:
    """A listed address."""

    position: int
    freed_at: datetime
    listed_to: int  # the last position of the network that has ever been listed; 0: none


def take(connection: Connection, network: Network) -> int | None:
    """Remove the first address from the list and return its position; None: none is listed."""
    entry = _find_first(connection, network)
    if entry is None or (entry.freed_at != NEVER_USED and entry.listed_to < network.pool_end):
        entry = _list_more(connection, network)
    elif entry.position == entry.listed_to - BLOCK // 2 and entry.listed_to < network.pool_end:
        # One caller in a block lists the next one, early, so that no other waits for it.
        _list_block(connection, network, entry.listed_to)
    if entry is None:
        return None
    remove(connection, network.id, entry.position)
    return entry.position


def remove(connection: Connection, network_id: int, position: int) -> None:
    """Remove an address from the list if it is there."""
    connection.execute(_REMOVE, {"in_network": network_id, "at_position": position})


def add_freed(
    connection: Connection, rows: sa.ColumnElement[bool], since: datetime | None = None
) -> None:
    """List the addresses of rows of ``fixed_ips`` that are about to be deleted.

    :param since: when they became free; None: when each row was last updated
    """
    freed_at = (
        sa.func.coalesce(fixed_ips.c.updated_at, fixed_ips.c.created_at)
        if since is None
        else sa.literal(since, free_ips.c.freed_at.type)
    )
    is_listed = sa.exists().where(
        free_ips.c.network_id == fixed_ips.c.network_id,
        free_ips.c.position == fixed_ips.c.position,
    )
    freed = sa.select(fixed_ips.c.network_id, fixed_ips.c.position, freed_at)
    connection.execute(
        sa.insert(free_ips).from_select(
            ["network_id", "position", "freed_at"], freed.where(rows, ~is_listed)
        )
    )


def _find_first(connection: Connection, network: Network) -> _Entry | None:
    row = connection.execute(
        _FIRST,
        {
            "network_id": network.id,
            "pool_start": network.pool_start,
            "pool_end": network.pool_end,
            "unpickable": sorted(network.unpickable_positions),
        },
    ).first()
    return None if row is None else _Entry(*row)


def _list_more(connection: Connection, network: Network) -> _Entry | None:
    """List addresses that were never allocated, if there are any; return the first entry.

    Other callers that find too little listed wait here until this transaction ends.
    """
    listed_to = _lock_pool(connection, network)
    entry = _find_first(connection, network)  # another transaction may have listed some meanwhile
    if entry is not None and entry.freed_at == NEVER_USED:
        return entry
    if listed_to < network.pool_end and _list_block(connection, network, listed_to):
        return _find_first(connection, network)
    return entry


def _lock_pool(connection: Connection, network: Network) -> int:
    """Return the last position that has been listed, and keep others from listing more."""
    lock = (
        sa.select(address_pools.c.listed_to)
        .where(address_pools.c.network_id == network.id)
        .with_for_update()
    )
    listed_to: int | None = connection.scalar(lock)
    if listed_to is None:
        row = {"network_id": network.id, "listed_to": network.pool_start - 1}
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(address_pools), row)
        except Conflict:  # another transaction has added it
            listed_to = connection.scalar(lock)
    return network.pool_start - 1 if listed_to is None else listed_to


def _list_block(connection: Connection, network: Network, listed_to: int) -> bool:
    """List the next free positions after ``listed_to``; return False if there are none."""
    first = find_gap_after(connection, network, listed_to)
    last = network.pool_end if first is None else min(first + BLOCK - 1, network.pool_end)
    connection.execute(
        sa.update(address_pools)
        .where(address_pools.c.network_id == network.id)
        .values(listed_to=last)
    )
    if first is None:
        return False
    taken = network.unpickable_positions | {
        position
        for table in (fixed_ips, free_ips)
        for position in connection.scalars(
            sa.select(table.c.position).where(
                table.c.network_id == network.id, table.c.position.between(first, last)
            )
        )
    }
    fresh = [
        {"network_id": network.id, "position": position, "freed_at": NEVER_USED}
        for position in range(first, last + 1)
        if position not in taken
    ]
    if fresh:
        connection.execute(sa.insert(free_ips), fresh)
    return bool(fresh)
