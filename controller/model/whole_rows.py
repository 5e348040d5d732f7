"""Rows with all columns that nova-network's tables have, for callers that read records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address


@dataclass(frozen=True)
class FixedIpRow:
    """A row of ``fixed_ips``; an address that is free has no row, and no id."""

    id: int | None
    created_at: datetime | None
    updated_at: datetime | None
    address: IPv4Address
    network_id: int
    virtual_interface_id: int | None
    instance_uuid: str | None
    allocated: bool
    leased: bool
    reserved: bool
    host: str | None  # that has it as its own address


@dataclass(frozen=True)
class FloatingIpRow:
    """A row of ``floating_ips``, with the fixed IP that it is associated with."""

    id: int
    created_at: datetime
    updated_at: datetime | None
    address: IPv4Address
    fixed_ip_id: int | None
    project_id: str | None
    host: str | None
    auto_assigned: bool
    pool: str
    interface: str | None
    fixed_ip: FixedIpRow | None = None


@dataclass(frozen=True)
class VifRow:
    """A row of ``virtual_interfaces``, with the uuid of its network."""

    id: int
    created_at: datetime
    updated_at: datetime | None
    address: str  # the MAC
    network_id: int
    instance_uuid: str
    uuid: str
    tag: str | None
    net_uuid: str


@dataclass(frozen=True)
class InstanceAddress:
    """An address that an instance has."""

    instance_uuid: str
    ip: str
