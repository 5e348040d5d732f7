"""Finding instances by a part of their addresses."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Network
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import (
    fixed_ips,
    floating_ips,
    instances,
    networks,
    virtual_interfaces,
)

_Found = tuple[str, str]  # instance, address as text

_fixed_text = sa.type_coerce(fixed_ips.c.address, sa.String)
_floating_text = sa.type_coerce(floating_ips.c.address, sa.String)
_FIXED = (
    sa.select(instances.c.uuid, _fixed_text)
    .select_from(fixed_ips)
    .join(instances, instances.c.uuid == fixed_ips.c.instance_uuid)
    .where(fixed_ips.c.allocated)
    .order_by(fixed_ips.c.id)
)
_FLOATING = (
    sa.select(instances.c.uuid, _floating_text)
    .select_from(floating_ips)
    .join(fixed_ips, fixed_ips.c.id == floating_ips.c.fixed_ip_id)
    .join(instances, instances.c.uuid == fixed_ips.c.instance_uuid)
    .order_by(floating_ips.c.id)
)
_MACS = (
    sa.select(instances.c.uuid, virtual_interfaces.c.address, networks.c.cidr_v6)
    .select_from(virtual_interfaces)
    .join(networks, networks.c.id == virtual_interfaces.c.network_id)
    .join(instances, instances.c.uuid == virtual_interfaces.c.instance_uuid)
    .where(networks.c.cidr_v6.is_not(None))
    .order_by(virtual_interfaces.c.id)
)


def list_fixed_like(connection: Connection, like: str, project: str | None) -> Iterator[_Found]:
    """Yield instances and those of their fixed addresses that fit an SQL LIKE pattern.

    :param project: only its instances; None: all
    """
    return _run(connection, _FIXED.where(_fixed_text.like(like)), project)


def list_floating_like(connection: Connection, like: str, project: str | None) -> Iterator[_Found]:
    """Yield instances and those of their floating IPs that fit an SQL LIKE pattern."""
    return _run(connection, _FLOATING.where(_floating_text.like(like)), project)


def list_macs_with_prefix(
    connection: Connection, project: str | None
) -> Iterator[tuple[str, str, IPv6Network]]:
    """Yield the instances on networks with IPv6, their MACs, and the networks' IPv6 ranges."""
    return _run(connection, _MACS, project)


def _run(
    connection: Connection, statement: sa.Select[Any], project: str | None
) -> Iterator[Any]:  # Any: rows of the statement
    if project is not None:
        statement = statement.where(instances.c.project_id == project)
    return (tuple(row) for row in read_rows(connection, statement))
