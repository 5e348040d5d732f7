"""Rows as frozen values, in the words of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.wire.objects import Topology


@dataclass(frozen=True)
class Network:
    """A row of ``networks``; its field names are the column names."""

    id: int
    uuid: str
    label: str
    topology: Topology
    injected: bool
    cidr: IPv4Network
    cidr_v6: str | None
    multi_host: bool
    netmask: IPv4Address
    gateway: IPv4Address | None
    broadcast: IPv4Address
    netmask_v6: str | None
    gateway_v6: str | None
    bridge: str
    bridge_interface: str | None
    dns1: IPv4Address | None
    dns2: IPv4Address | None
    vlan: int | None
    vpn_public_address: IPv4Address | None
    vpn_public_port: int | None
    vpn_private_address: IPv4Address | None
    dhcp_start: IPv4Address
    dhcp_end: IPv4Address
    pool_start: int
    pool_end: int
    rxtx_base: int | None
    project_id: str | None
    priority: int | None
    host: str | None
    mtu: int | None
    dhcp_server: IPv4Address | None
    enable_dhcp: bool
    share_address: bool
    created_at: datetime
    updated_at: datetime | None

    def gateway_host(self, guest_host: str) -> str | None:
        """Return the host that is gateway for a guest on ``guest_host``; None: nobody yet."""
        return guest_host if self.multi_host else self.host

    @property
    def served_from(self) -> IPv4Address | None:
        """The address that a single-host network's host has on the bridge."""
        return self.dhcp_server or self.gateway


@dataclass(frozen=True)
class Instance:
    """A row of ``instances``."""

    uuid: str
    project_id: str
    host: str
    hostname: str | None  # None: host- and the address


@dataclass(frozen=True)
class Guest:
    """An instance on a network: its VIF, the address it holds, and where it runs."""

    vif_id: int
    vif_uuid: str
    mac: str
    network_id: int
    fixed_ip_id: int
    address: IPv4Address
    position: int
    instance: str
    project: str
    host: str
    hostname: str | None


@dataclass(frozen=True)
class FixedIp:
    """A row of ``fixed_ips``, with the names of what it refers to."""

    id: int
    address: IPv4Address
    network_id: int
    network_uuid: str
    position: int
    mac: str | None
    instance_uuid: str | None
    project_id: str | None  # of the instance
    host: str | None  # whose gateway address it is, or where the instance runs
    allocated: bool
    leased: bool
    reserved: bool


@dataclass(frozen=True)
class Usage:
    """A row of ``ip_usage``."""

    network_uuid: str
    label: str
    cidr: IPv4Network
    project_id: str | None
    total: int
    used: int
    reserved: int
    free: int


@dataclass(frozen=True)
class Leasable:
    """An address that a host's DHCP server may hand out."""

    fixed_ip_id: int
    address: IPv4Address
    leased: bool
    mac: str | None  # None: the guest is gone, the address in quarantine


@dataclass(frozen=True)
class FloatingIp:
    """A row of ``floating_ips``."""

    id: int
    address: IPv4Address
    fixed_ip_id: int | None
    project_id: str | None
    host: str | None
    auto_assigned: bool
    pool: str
    interface: str | None


@dataclass(frozen=True)
class HostNetwork:
    """A row of ``host_networks``: what a host should have, and has said it has."""

    host: str
    network_uuid: str
    network_id: int | None  # None: the network is deleted
    revision: int
    applied_revision: int | None  # None: none yet


@dataclass(frozen=True)
class NetworkSync:
    """How a network stands on a host."""

    network_uuid: str
    label: str | None  # None: the network is deleted, the host still has to clean up
    revision: int
    applied_revision: int | None  # None: none yet

    @property
    def is_behind(self) -> bool:
        """Whether the host has not yet reported what it should have."""
        return self.applied_revision is None or self.applied_revision < self.revision


@dataclass(frozen=True)
class Service:
    """A row of ``services``."""

    host: str
    binary: str
    disabled: bool
    last_seen_up: datetime | None


@dataclass(frozen=True)
class Event:
    """A row of ``address_history``: who took or gave back which address."""

    event: str
    address: IPv4Address
    network_id: int
    network_uuid: str
    position: int
    mac: str | None
    instance_uuid: str | None
    project_id: str | None
    host: str | None


@dataclass(frozen=True, order=True)
class SnapshotKey:
    """A host whose picture of a network has changed."""

    host: str
    network: str  # uuid
