"""Records: rows of the database as replies have them, under the names of their columns.

They are JSON: addresses and times (UTC, ISO 8601) are text. A reply may have further keys.
"""

from __future__ import annotations

from typing import TypedDict


class NetworkRecord(TypedDict):
    """A row of ``networks``."""

    id: int
    uuid: str
    label: str
    topology: str  # vlan, flatdhcp or flat
    injected: bool
    cidr: str
    cidr_v6: str | None
    multi_host: bool
    netmask: str
    gateway: str | None
    broadcast: str
    netmask_v6: str | None
    gateway_v6: str | None
    bridge: str
    bridge_interface: str | None
    dns1: str | None
    dns2: str | None
    vlan: int | None
    vpn_public_address: str | None
    vpn_public_port: int | None
    vpn_private_address: str | None
    dhcp_start: str
    rxtx_base: int | None
    project_id: str | None  # null: no project has it
    priority: int | None
    host: str | None  # the gateway host; null: none yet, or each host (multi_host)
    mtu: int | None  # bytes
    dhcp_server: str | None
    enable_dhcp: bool
    share_address: bool
    created_at: str
    updated_at: str | None


class FixedIpRecord(TypedDict):
    """A row of ``fixed_ips``; a free address has no row: its ``id`` and ``created_at`` are null."""

    id: int | None
    created_at: str | None
    updated_at: str | None
    address: str
    network_id: int
    virtual_interface_id: int | None
    instance_uuid: str | None
    allocated: bool
    leased: bool
    reserved: bool
    host: str | None  # that has it as its own address


class VifRecord(TypedDict):
    """A row of ``virtual_interfaces``."""

    id: int
    created_at: str
    updated_at: str | None
    address: str  # the MAC
    network_id: int
    instance_uuid: str
    uuid: str
    tag: str | None
    net_uuid: str  # the network's


class FixedAddress(TypedDict):
    """The fixed IP that a floating IP is associated with."""

    address: str


class FloatingIpRecord(TypedDict):
    """A row of ``floating_ips``, with the instance that it is associated with."""

    id: int
    address: str
    pool: str
    interface: str | None
    project_id: str | None  # null: it is in its pool
    host: str | None
    auto_assigned: bool
    fixed_ip_id: int | None
    fixed_ip: FixedAddress | None
    instance_uuid: str | None


class FloatingIpPool(TypedDict):
    """A pool of floating IPs."""

    name: str


class _Domain(TypedDict):
    domain: str
    scope: str  # private or public


class DnsDomain(_Domain, total=False):
    """A DNS domain: a private one has ``availability_zone``, a public one ``project``."""

    availability_zone: str | None
    project: str | None


class InstanceAddress(TypedDict):
    """An address of an instance."""

    instance_uuid: str
    ip: str


class IpFilters(TypedDict, total=False):
    """What to search addresses for; give one of them.

    ``fixed_ip`` is a whole address, ``ip`` a regular expression for the beginning of an IPv4
    address (fixed or floating), ``ip6`` one for that of an IPv6 address.
    """

    fixed_ip: str
    ip: str
    ip6: str


class Associations(TypedDict, total=False):
    """What a network shall have; null: none. A key that is absent stays as it is."""

    host: str | None
    project: str | None
