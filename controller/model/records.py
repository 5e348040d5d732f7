"""Rows as frozen values; their fields have the names of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

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
    cidr_v6: IPv6Network | None
    multi_host: bool
    netmask: IPv4Address
    gateway: IPv4Address | None
    broadcast: IPv4Address
    netmask_v6: str | None
    gateway_v6: IPv6Address | None
    bridge: str
    bridge_interface: str | None
    dns1: IPv4Address | IPv6Address | None
    dns2: IPv4Address | IPv6Address | None
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
        """Return the host that is the gateway of guests on ``guest_host``; None: none yet."""
        return guest_host if self.multi_host else self.host

    def position_of(self, address: IPv4Address) -> int:
        """Return the offset of an address in the network's range."""
        return int(address) - int(self.cidr.network_address)

    @property
    def served_from(self) -> IPv4Address | None:
        """The address that the gateway of a single-host network has on the bridge."""
        return self.dhcp_server or self.gateway

    @property
    def dns_servers(self) -> tuple[IPv4Address, ...]:
        """The name servers that guests get by DHCP."""
        return tuple(dns for dns in (self.dns1, self.dns2) if isinstance(dns, IPv4Address))

    @property
    def dns_servers_v6(self) -> tuple[IPv6Address, ...]:
        """The name servers that have IPv6 addresses; no host announces them."""
        return tuple(dns for dns in (self.dns1, self.dns2) if isinstance(dns, IPv6Address))

    @property
    def own_addresses(self) -> set[IPv4Address | None]:
        """The addresses that the network itself needs: they stay reserved."""
        return {
            self.cidr.network_address,
            self.broadcast,
            self.gateway,
            self.dhcp_server,
            self.vpn_private_address,
        }

    @property
    def unpickable_positions(self) -> frozenset[int]:
        """The positions that a guest gets at most by request, whether they are reserved or not.

        A guest may be the network's DNS server, but no other guest may get its address.
        """
        named = {*self.own_addresses, *self.dns_servers, self.vpn_public_address}
        return frozenset(
            self.position_of(address)
            for address in named
            if address is not None and address in self.cidr
        )


@dataclass(frozen=True)
class Instance:
    """A row of ``instances``."""

    uuid: str
    project_id: str
    host: str
    hostname: str | None  # None: the default one, which is made of the address


@dataclass(frozen=True)
class Guest:
    """An instance on a network: its VIF, its address, and the host that it runs on."""

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
    """A row of ``fixed_ips``, with columns of the rows that it refers to."""

    id: int
    address: IPv4Address
    network_id: int
    network_uuid: str
    position: int
    mac: str | None
    instance_uuid: str | None
    project_id: str | None  # of the instance
    host: str | None  # that has it as its own address, or that the instance runs on
    allocated: bool
    leased: bool
    reserved: bool
    hostname: str | None = None  # of the instance; None: it has none, or the default one
    reason: str | None = None  # why it is reserved, if that is known


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
    """An address that a host's DHCP server may lease."""

    fixed_ip_id: int
    address: IPv4Address
    leased: bool
    mac: str | None  # None: the address is in quarantine


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
    """A row of ``host_networks``: the revision that a host shall have, and the one it has."""

    host: str
    network_uuid: str
    network_id: int | None  # None: the network is deleted
    revision: int
    applied_revision: int | None  # None: none yet


@dataclass(frozen=True)
class NetworkSync:
    """How far a host is with a network."""

    network_uuid: str
    label: str | None  # None: the network is deleted, and the host shall remove it
    revision: int
    applied_revision: int | None  # None: none yet

    @property
    def is_stale(self) -> bool:
        """Whether the host has not reported the current revision yet."""
        return self.applied_revision is None or self.applied_revision < self.revision


@dataclass(frozen=True)
class Service:
    """A row of ``services``."""

    host: str
    binary: str
    disabled: bool
    last_seen_up: datetime | None
    disabled_reason: str | None = None


@dataclass(frozen=True)
class Event:
    """A row of ``address_history``."""

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
    """Names a snapshot: a network on a host."""

    host: str
    network: str  # uuid


@dataclass(frozen=True)
class RestoreCheck:
    """That hosts are waited for, after the database was restored."""

    generation: int  # since then a host must have reported
    until: datetime  # at the latest
    newer_until: datetime | None  # at the earliest: hosts may be newer than the copy; None: at once


@dataclass(frozen=True)
class HostAgent:
    """A row of ``host_agents``: who reports for a host, and whether it obeys."""

    host: str
    agent: str | None = None  # uuid; None: not reported
    my_ip: IPv4Address | None = None
    boot_id: str | None = None
    held: str | None = None  # why the agent refuses the controller's answers; None: it obeys
    accepted: bool = False  # an operator lets the next answer through
    refused: str | None = None  # the last report that was refused, and why
    refused_at: datetime | None = None


@dataclass(frozen=True)
class RecoveredGuest:
    """A row of ``recovered_guests``: a guest that a host serves and the database does not have."""

    host: str
    address: IPv4Address
    network_uuid: str
    mac: str
    instance_uuid: str
    hostname: str
