"""Whole rows, for callers that read records; rows of an instance come with its project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from ipaddress import IPv4Address
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import (
    fixed_ips,
    floating_ips,
    instances,
    networks,
    virtual_interfaces,
)
from cloudnet.controller.model.whole_rows import FixedIpRow, FloatingIpRow, VifRow

_FIXED_IP: sa.Select[Any] = sa.select(
    *(fixed_ips.c[field.name] for field in fields(FixedIpRow)), instances.c.project_id
).select_from(fixed_ips.outerjoin(instances, instances.c.uuid == fixed_ips.c.instance_uuid))
_VIF: sa.Select[Any] = (
    sa.select(
        *(virtual_interfaces.c[field.name] for field in fields(VifRow)[:-1]),
        networks.c.uuid,
        instances.c.project_id,
    )
    .select_from(virtual_interfaces)
    .join(networks, networks.c.id == virtual_interfaces.c.network_id)
    .join(instances, instances.c.uuid == virtual_interfaces.c.instance_uuid)
)

_FLOATING_COLUMNS = [floating_ips.c[field.name] for field in fields(FloatingIpRow)[:-1]]
_FLOATING_IP: sa.Select[Any] = (
    sa.select(*_FLOATING_COLUMNS, *(fixed_ips.c[field.name] for field in fields(FixedIpRow)))
    .select_from(floating_ips.outerjoin(fixed_ips, fixed_ips.c.id == floating_ips.c.fixed_ip_id))
    .order_by(floating_ips.c.id)
)

OwnedFixedIp = tuple[FixedIpRow, str | None]  # the project of its instance; None: no instance
OwnedVif = tuple[VifRow, str]


def get_fixed_ip(connection: Connection, row_id: int) -> OwnedFixedIp | None:
    """Return the fixed IP with this id."""
    return _get_fixed_ip(connection, fixed_ips.c.id == row_id)


def get_fixed_ip_by_address(connection: Connection, address: IPv4Address) -> OwnedFixedIp | None:
    """Return the fixed IP with this address; a free one has no row."""
    return _get_fixed_ip(connection, fixed_ips.c.address == address)


def list_vifs(connection: Connection, instance: str) -> list[VifRow]:
    """Return the VIFs of an instance, the oldest first."""
    rows = connection.execute(
        _VIF.where(virtual_interfaces.c.instance_uuid == instance).order_by(virtual_interfaces.c.id)
    )
    return [VifRow(*row[:-1]) for row in rows]


def get_vif_by_mac(connection: Connection, mac: str) -> OwnedVif | None:
    """Return the VIF with this MAC address."""
    row = connection.execute(_VIF.where(virtual_interfaces.c.address == mac)).first()
    return None if row is None else (VifRow(*row[:-1]), row[-1])


def get_floating_ip(connection: Connection, row_id: int) -> FloatingIpRow | None:
    """Return the floating IP with this id."""
    return next(_list_floating_ips(connection, floating_ips.c.id == row_id), None)


def get_floating_ip_by_address(
    connection: Connection, address: IPv4Address
) -> FloatingIpRow | None:
    """Return the floating IP with this address."""
    return next(_list_floating_ips(connection, floating_ips.c.address == address), None)


def list_floating_ips_of_project(connection: Connection, project: str) -> list[FloatingIpRow]:
    """Return the floating IPs that a project has allocated, without auto-assigned ones."""
    condition = sa.and_(floating_ips.c.project_id == project, ~floating_ips.c.auto_assigned)
    return list(_list_floating_ips(connection, condition))


def _list_floating_ips(
    connection: Connection, condition: sa.ColumnElement[bool]
) -> Iterator[FloatingIpRow]:
    own = len(_FLOATING_COLUMNS)
    for row in connection.execute(_FLOATING_IP.where(condition)):
        fixed = None if row[own] is None else FixedIpRow(*row[own:])
        yield replace(FloatingIpRow(*row[:own]), fixed_ip=fixed)


def _get_fixed_ip(connection: Connection, condition: sa.ColumnElement[bool]) -> OwnedFixedIp | None:
    row = connection.execute(_FIXED_IP.where(condition)).first()
    return None if row is None else (FixedIpRow(*row[:-1]), row[-1])
