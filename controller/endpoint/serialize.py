"""Rows as nova's callers read them: JSON with the columns' names."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.model.records import FloatingIp, Guest, Network


def network(row: Network) -> JsonObject:
    """Return a row of ``networks``."""
    columns = {field.name: _json(getattr(row, field.name)) for field in fields(Network)}
    return columns | {"deleted": False, "deleted_at": None}


def floating_ip(row: FloatingIp, holder: Guest | None) -> JsonObject:
    """Return a row of ``floating_ips`` with whom it points at."""
    return {
        "id": row.id,
        "address": str(row.address),
        "pool": row.pool,
        "interface": row.interface,
        "project_id": row.project_id,
        "host": row.host,
        "auto_assigned": row.auto_assigned,
        "fixed_ip_id": row.fixed_ip_id,
        "fixed_ip": None if holder is None else {"address": str(holder.address)},
        "instance_uuid": None if holder is None else holder.instance,
    }


def _json(value: Any) -> Any:
    if isinstance(value, IPv4Address | IPv4Network):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
