"""Rows of ``floating_ips``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db import changes
from cloudnet.controller.db.engine import MOST_PARAMETERS, Connection
from cloudnet.controller.db.hints import unindexed
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import fixed_ips, floating_ips
from cloudnet.controller.model.changes import (
    FLOATING_ALLOCATED,
    FLOATING_ASSOCIATED,
    FLOATING_DEALLOCATED,
    FLOATING_DISASSOCIATED,
    floating_change,
)
from cloudnet.controller.model.records import FloatingIp

_ROW = sa.select(
    floating_ips.c.id,
    floating_ips.c.address,
    floating_ips.c.fixed_ip_id,
    floating_ips.c.project_id,
    floating_ips.c.host,
    floating_ips.c.auto_assigned,
    floating_ips.c.pool,
    floating_ips.c.interface,
)
_ASSOCIATED = _ROW.join(fixed_ips, fixed_ips.c.id == floating_ips.c.fixed_ip_id)
_FOR_INSTANCE = _ASSOCIATED.where(fixed_ips.c.instance_uuid == given("instance")).order_by(
    floating_ips.c.id
)
_ON_HOST = _ASSOCIATED.where(
    floating_ips.c.host == given("on_host"), fixed_ips.c.network_id == given("network")
)

FixedTarget = tuple[str | None, IPv4Address]  # instance, fixed address


def get_by_address(connection: Connection, address: IPv4Address) -> FloatingIp | None:
    """Return the floating IP with this address."""
    row = connection.execute(_ROW.where(floating_ips.c.address == address)).first()
    return None if row is None else FloatingIp(*row)


def list_for_fixed_address(connection: Connection, address: IPv4Address) -> list[FloatingIp]:
    """Return the floating IPs that are associated with a fixed address, the oldest first."""
    rows = connection.execute(
        _ASSOCIATED.where(fixed_ips.c.address == address).order_by(floating_ips.c.id)
    )
    return [FloatingIp(*row) for row in rows]


def list_floating_ips(connection: Connection, host: str | None = None) -> list[FloatingIp]:
    """Return all floating IPs (on a host if given) in the order of their creation."""
    statement = _ROW.order_by(floating_ips.c.id)
    if host is not None:
        statement = statement.where(floating_ips.c.host == host)
    return [FloatingIp(*row) for row in read_rows(connection, statement)]


def list_for_instance(connection: Connection, instance_uuid: str) -> list[FloatingIp]:
    """Return the floating IPs that are associated with an instance, the oldest first."""
    rows = read_rows(connection, _FOR_INSTANCE, {"instance": instance_uuid})
    return [FloatingIp(*row) for row in rows]


def list_on_host(connection: Connection, host: str, network_id: int) -> list[FloatingIp]:
    """Return the floating IPs on a host that are associated with guests of a network."""
    rows = read_rows(connection, _ON_HOST, {"on_host": host, "network": network_id})
    return [FloatingIp(*row) for row in rows]


def list_addresses(connection: Connection) -> list[IPv4Address]:
    """Return the addresses of all floating IPs in ascending order."""
    return sorted(connection.scalars(sa.select(floating_ips.c.address)))


def list_with_addresses(
    connection: Connection, host: str, network_id: int, addresses: Collection[IPv4Address]
) -> list[FloatingIp]:
    """Return those of these floating IPs that are on a host, for guests of a network."""
    if not addresses:
        return []
    statement = _ASSOCIATED.where(
        floating_ips.c.address.in_(addresses),
        unindexed(floating_ips.c.host) == host,
        unindexed(fixed_ips.c.network_id) == network_id,
    )
    return [FloatingIp(*row) for row in read_rows(connection, statement)]


def list_in_range(connection: Connection, ip_range: IPv4Network) -> list[FloatingIp]:
    """Return the floating IPs in a range; all rows are read, as text does not sort by address."""
    return [floating for floating in list_floating_ips(connection) if floating.address in ip_range]


def list_targets(connection: Connection) -> dict[int, FixedTarget]:
    """Return the target of each floating IP that has one, by the floating IP's id."""
    rows = read_rows(
        connection,
        sa.select(floating_ips.c.id, fixed_ips.c.instance_uuid, fixed_ips.c.address).join(
            fixed_ips, fixed_ips.c.id == floating_ips.c.fixed_ip_id
        ),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def list_pools(connection: Connection) -> list[str]:
    """Return the names of all pools."""
    return list(
        connection.scalars(sa.select(floating_ips.c.pool).distinct().order_by(floating_ips.c.pool))
    )


def has_pool(connection: Connection, pool: str) -> bool:
    """Whether a pool has any floating IP, free or not."""
    of_pool = sa.select(floating_ips.c.id).where(floating_ips.c.pool == pool)
    return connection.execute(of_pool.limit(1)).first() is not None


def count_for_project(connection: Connection, project: str) -> int:
    """Count the floating IPs that a project has allocated, without auto-assigned ones."""
    count = (
        sa.select(sa.func.count())
        .select_from(floating_ips)
        .where(floating_ips.c.project_id == project, ~floating_ips.c.auto_assigned)
    )
    return int(connection.scalar(count) or 0)


def list_free(connection: Connection, pool: str, limit: int) -> list[FloatingIp]:
    """Return addresses of a pool that no project has, the one that has been free longest first."""
    rows = connection.execute(
        _ROW.where(floating_ips.c.pool == pool, floating_ips.c.project_id.is_(None))
        .order_by(sa.func.coalesce(floating_ips.c.updated_at, floating_ips.c.created_at))
        .order_by(floating_ips.c.id)
        .limit(limit)
    )
    return [FloatingIp(*row) for row in rows]


def try_lock(connection: Connection, row: FloatingIp) -> bool:
    """Lock a floating IP; return False at once if another transaction has locked it.

    By its key: to lock the first row of a sorted query, MariaDB locks all that it sorts.
    """
    statement = sa.select(floating_ips.c.id).where(floating_ips.c.id == row.id)
    return connection.execute(statement.with_for_update(skip_locked=True)).first() is not None


def claim(
    connection: Connection,
    row: FloatingIp,
    project: str,
    now: datetime,
    *,
    auto_assigned: bool = False,
) -> bool:
    """Give a free floating IP to a project; return False if it is no longer free."""
    done = connection.execute(
        sa.update(floating_ips)
        .where(floating_ips.c.id == row.id, floating_ips.c.project_id.is_(None))
        .values(project_id=project, auto_assigned=auto_assigned, updated_at=now)
    )
    if done.rowcount:
        changes.add(connection, floating_change(FLOATING_ALLOCATED, row.address, project))
    return done.rowcount == 1


def release(connection: Connection, row: FloatingIp, now: datetime) -> bool:
    """Return a floating IP to its pool; return False if it is associated or has another project."""
    done = connection.execute(
        sa.update(floating_ips)
        .where(
            floating_ips.c.id == row.id,
            floating_ips.c.project_id == row.project_id,
            floating_ips.c.fixed_ip_id.is_(None),
        )
        .values(project_id=None, host=None, auto_assigned=False, updated_at=now)
    )
    if done.rowcount:
        changes.add(connection, floating_change(FLOATING_DEALLOCATED, row.address, row.project_id))
    return done.rowcount == 1


def set_target(
    connection: Connection,
    row: FloatingIp,
    *,
    fixed_ip_id: int | None,
    host: str | None,
    now: datetime,
) -> bool:
    """Associate a floating IP with a fixed IP or with none; return False if the row has changed."""
    done = connection.execute(
        sa.update(floating_ips)
        .where(
            floating_ips.c.id == row.id,
            floating_ips.c.project_id == row.project_id,
            floating_ips.c.fixed_ip_id.is_(None)
            if row.fixed_ip_id is None
            else floating_ips.c.fixed_ip_id == row.fixed_ip_id,
        )
        .values(fixed_ip_id=fixed_ip_id, host=host, updated_at=now)
    )
    if done.rowcount and fixed_ip_id != row.fixed_ip_id:
        _add_change(connection, FLOATING_DISASSOCIATED, row, row.fixed_ip_id)
        _add_change(connection, FLOATING_ASSOCIATED, row, fixed_ip_id)
    return done.rowcount == 1


def _add_change(
    connection: Connection, event_type: str, row: FloatingIp, fixed_ip_id: int | None
) -> None:
    if fixed_ip_id is None:
        return
    instance = connection.scalar(
        sa.select(fixed_ips.c.instance_uuid).where(fixed_ips.c.id == fixed_ip_id)
    )
    change = floating_change(event_type, row.address, row.project_id, instance)
    changes.add(connection, change)


def set_host_for_network(
    connection: Connection, network_id: int, host: str | None, now: datetime
) -> None:
    """Set the host of all floating IPs that are associated with guests of a network."""
    of_network = sa.select(fixed_ips.c.id).where(fixed_ips.c.network_id == network_id)
    connection.execute(
        sa.update(floating_ips)
        .where(floating_ips.c.fixed_ip_id.in_(of_network))
        .values(host=host, updated_at=now)
    )


def insert(
    connection: Connection,
    addresses: Iterable[IPv4Address],
    pool: str,
    interface: str | None,
    now: datetime,
) -> None:
    """Add floating IPs to a pool.

    :raises Conflict: one of them exists
    """
    connection.execute(
        sa.insert(floating_ips),
        [
            {"created_at": now, "address": address, "pool": pool, "interface": interface}
            for address in addresses
        ],
    )


def delete_free(connection: Connection, ids: Sequence[int]) -> int:
    """Delete those of the floating IPs that have no project; return how many."""
    deleted = 0
    for start in range(0, len(ids), MOST_PARAMETERS):
        chunk = floating_ips.c.id.in_(list(ids[start : start + MOST_PARAMETERS]))
        deleted += connection.execute(
            sa.delete(floating_ips).where(chunk, floating_ips.c.project_id.is_(None))
        ).rowcount
    return deleted
