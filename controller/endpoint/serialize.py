"""Rows in the JSON form that nova's callers expect: the database's column names as keys."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.model.records import Network
from cloudnet.controller.model.whole_rows import FixedIpRow, FloatingIpRow, VifRow

_NOT_DELETED = {"deleted": False, "deleted_at": None}  # nova keeps the rows of what is deleted


def serialize_network(row: Network) -> JsonObject:
    """Return a row of ``networks``."""
    return serialize_row(row)


def serialize_row(row: Network | FixedIpRow | FloatingIpRow | VifRow) -> JsonObject:
    """Return a row as nova's primitive: each column by its name."""
    return {field.name: _to_json(getattr(row, field.name)) for field in fields(row)} | _NOT_DELETED


def serialize_floating_ip(row: FloatingIpRow) -> JsonObject:
    """Return a row of ``floating_ips``, with the row of its fixed IP and the instance's uuid."""
    fixed = row.fixed_ip
    return serialize_row(row) | {
        "fixed_ip": None if fixed is None else serialize_row(fixed),
        "instance_uuid": None if fixed is None else fixed.instance_uuid,
    }


def _to_json(value: Any) -> Any:  # Any: a column of any type; JSON
    if isinstance(value, IPv4Address | IPv4Network | IPv6Address | IPv6Network):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
