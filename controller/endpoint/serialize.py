"""Rows in the JSON form that nova's callers expect: the database's column names as keys."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.model.records import FloatingIp, Guest, Network
from cloudnet.controller.model.whole_rows import FixedIpRow, VifRow

_NOT_DELETED = {"deleted": False, "deleted_at": None}  # nova keeps the rows of what is deleted


def serialize_network(row: Network) -> JsonObject:
    """Return a row of ``networks``."""
    return serialize_row(row)


def serialize_row(row: Network | FixedIpRow | VifRow) -> JsonObject:
    """Return a row as nova's primitive: each column by its name."""
    return {field.name: _to_json(getattr(row, field.name)) for field in fields(row)} | _NOT_DELETED


def serialize_floating_ip(row: FloatingIp, guest: Guest | None) -> JsonObject:
    """Return a row of ``floating_ips`` with the guest that it is associated with."""
    return {
        "id": row.id,
        "address": str(row.address),
        "pool": row.pool,
        "interface": row.interface,
        "project_id": row.project_id,
        "host": row.host,
        "auto_assigned": row.auto_assigned,
        "fixed_ip_id": row.fixed_ip_id,
        "fixed_ip": None if guest is None else {"address": str(guest.address)},
        "instance_uuid": None if guest is None else guest.instance,
    }


def _to_json(value: Any) -> Any:  # Any: a column of any type; JSON
    if isinstance(value, IPv4Address | IPv4Network | IPv6Address | IPv6Network):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
