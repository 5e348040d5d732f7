"""Whole rows of ``fixed_ips`` and ``virtual_interfaces``, with the project of their instance."""

from __future__ import annotations

from dataclasses import fields
from ipaddress import IPv4Address
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import fixed_ips, instances, networks, virtual_interfaces
from cloudnet.controller.model.whole_rows import FixedIpRow, VifRow

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


def _get_fixed_ip(connection: Connection, condition: sa.ColumnElement[bool]) -> OwnedFixedIp | None:
    row = connection.execute(_FIXED_IP.where(condition)).first()
    return None if row is None else (FixedIpRow(*row[:-1]), row[-1])
