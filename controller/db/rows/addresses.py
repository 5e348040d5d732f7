"""Rows of ``fixed_ips``: one for each address that is allocated, reserved or in quarantine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.rows import free_list
from cloudnet.controller.db.tables import fixed_ips, instances, networks, virtual_interfaces
from cloudnet.controller.model.records import FixedIp

FIXED_IP: sa.Select[Any] = (
    sa.select(
        fixed_ips.c.id,
        fixed_ips.c.address,
        fixed_ips.c.network_id,
        networks.c.uuid,
        fixed_ips.c.position,
        virtual_interfaces.c.address,
        fixed_ips.c.instance_uuid,
        instances.c.project_id,
        sa.func.coalesce(fixed_ips.c.host, instances.c.host),
        fixed_ips.c.allocated,
        fixed_ips.c.leased,
        fixed_ips.c.reserved,
        instances.c.hostname,
    )
    .join(networks, networks.c.id == fixed_ips.c.network_id)
    .outerjoin(instances, instances.c.uuid == fixed_ips.c.instance_uuid)
    .outerjoin(virtual_interfaces, virtual_interfaces.c.id == fixed_ips.c.virtual_interface_id)
)

_GATEWAY = sa.select(fixed_ips.c.address).where(
    fixed_ips.c.network_id == given("network_id"), fixed_ips.c.host == given("on_host")
)


def insert_reserved(
    connection: Connection,
    rows: Iterable[tuple[int, IPv4Address, int]],
    now: datetime,
) -> None:
    """Add reserved addresses: their network ids, addresses and positions.

    :raises Conflict: one of the addresses has a row
    """
    connection.execute(
        sa.insert(fixed_ips),
        [
            {
                "created_at": now,
                "network_id": network_id,
                "address": address,
                "position": position,
                "reserved": True,
            }
            for network_id, address, position in rows
        ],
    )


def get_by_address(connection: Connection, address: IPv4Address) -> FixedIp | None:
    """Return the row of an address, or None if it is free or in no network."""
    row = connection.execute(FIXED_IP.where(fixed_ips.c.address == address)).first()
    return None if row is None else FixedIp(*row)


def list_fixed_ips(connection: Connection, host: str | None = None) -> list[FixedIp]:
    """Return all rows (of a host if given) in the order of networks and positions."""
    statement = FIXED_IP.order_by(fixed_ips.c.network_id, fixed_ips.c.position)
    if host is not None:
        statement = statement.where(sa.func.coalesce(fixed_ips.c.host, instances.c.host) == host)
    return [FixedIp(*row) for row in read_rows(connection, statement)]


def unreserve(connection: Connection, row_id: int) -> bool:
    """Free a reserved address; return False if it is no longer reserved.

    It counts as free since it was reserved: nobody has had it since then.
    """
    return free(connection, sa.and_(fixed_ips.c.id == row_id, fixed_ips.c.reserved))


def free(
    connection: Connection, rows: sa.ColumnElement[bool], since: datetime | None = None
) -> bool:
    """Delete rows and list their addresses as free; return False if there are none.

    :param since: when they became free; None: when each was released or reserved
    """
    free_list.add_freed(connection, rows, since)
    return connection.execute(sa.delete(fixed_ips).where(rows)).rowcount > 0


def get_gateway(connection: Connection, network_id: int, host: str) -> IPv4Address | None:
    """Return a host's own address on a multi-host network, or None if it has none."""
    address: IPv4Address | None = connection.scalar(
        _GATEWAY, {"network_id": network_id, "on_host": host}
    )
    return address


def lock_gateway(
    connection: Connection, network_id: int, host: str, *, shared: bool
) -> IPv4Address | None:
    """Return a host's own address on a network, and keep it until the transaction ends.

    :param shared: others may keep it as well, but nobody releases it; False: nobody else may
    """
    address: IPv4Address | None = connection.scalar(
        _GATEWAY.with_for_update(read=shared), {"network_id": network_id, "on_host": host}
    )
    return address


def release_gateway(
    connection: Connection, network_id: int, host: str, now: datetime
) -> FixedIp | None:
    """Free a host's own address on a multi-host network; return the row that is deleted."""
    row = connection.execute(
        FIXED_IP.where(fixed_ips.c.network_id == network_id, fixed_ips.c.host == host)
    ).first()
    if row is None:
        return None
    gateway = FixedIp(*row)
    free(connection, fixed_ips.c.id == gateway.id, now)
    return gateway


def release_gateways_of_host(connection: Connection, host: str, now: datetime) -> list[FixedIp]:
    """Free a host's own addresses on all multi-host networks; return the rows that are deleted."""
    rows = read_rows(connection, FIXED_IP.where(fixed_ips.c.host == host))
    gateways = [FixedIp(*row) for row in rows]
    free(connection, fixed_ips.c.host == host, now)
    return gateways


def count_allocated(connection: Connection, network_id: int) -> int:
    """Count the addresses of a network that guests have."""
    count = (
        sa.select(sa.func.count())
        .select_from(fixed_ips)
        .where(fixed_ips.c.network_id == network_id, fixed_ips.c.allocated)
    )
    return int(connection.scalar(count) or 0)


def delete_for_network(connection: Connection, network_id: int) -> list[FixedIp]:
    """Delete all rows of a network; return those of hosts and those in quarantine."""
    of_network = fixed_ips.c.network_id == network_id
    has_holder = sa.or_(fixed_ips.c.instance_uuid.is_not(None), fixed_ips.c.host.is_not(None))
    rows = [FixedIp(*row) for row in read_rows(connection, FIXED_IP.where(of_network, has_holder))]
    connection.execute(sa.delete(fixed_ips).where(of_network))
    return rows


def count_for_project(connection: Connection, project: str) -> int:
    """Count the addresses that a project's instances have."""
    return int(
        connection.scalar(
            sa.select(sa.func.count())
            .select_from(fixed_ips.join(instances, instances.c.uuid == fixed_ips.c.instance_uuid))
            .where(instances.c.project_id == project, fixed_ips.c.allocated)
        )
        or 0
    )
