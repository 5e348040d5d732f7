"""The settings of each program, typed and frozen, so that core code does not use oslo.config."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cloudnet.common.wire.objects import DnsZone, Topology


class DnsDriver(StrEnum):
    """What serves the names of DNS domains."""

    NONE = "none"
    DNSMASQ = "dnsmasq"  # the hosts, to their guests
    RFC2136 = "rfc2136"  # a DNS server, which gets them by DNS UPDATE


@dataclass(frozen=True)
class DnsServerSettings:
    """The DNS server that gets names by DNS UPDATE."""

    address: IPv4Address
    port: int
    zones: tuple[str, ...]  # none: each domain is a zone, and reverse names are not sent
    key_name: str | None  # None: updates are not signed
    key_secret: str | None = field(repr=False)
    key_algorithm: str
    ttl_seconds: int


@dataclass(frozen=True)
class RpcSettings:
    """The message broker, and how long to wait for a reply."""

    transport_url: str
    control_exchange: str
    response_timeout_seconds: int


@dataclass(frozen=True)
class NetworkDefaults:
    """The defaults of ``network create``."""

    topology: Topology  # network_manager
    multi_host: bool
    network_host: str | None  # the gateway of single-host networks; None: the first host used
    fixed_range: IPv4Network | None  # None: each `network create` must give one
    num_networks: int
    network_size: int  # addresses
    vlan_start: int
    vlan_interface: str | None
    flat_network_bridge: str | None
    flat_interface: str | None
    dns1: IPv4Address | None  # flat_network_dns
    vpn_clients: int  # cnt_vpn_clients: addresses reserved at the end of a VLAN network
    mtu: int | None = None  # network_device_mtu, bytes; None: the MTU of the uplink
    excluded_vlans: frozenset[int] = frozenset()  # that no network gets


@dataclass(frozen=True)
class ControllerSettings:
    """The settings of the controller and of ``cloudnet-manage``."""

    host: str
    rpc: RpcSettings
    database: str  # an SQLAlchemy URL
    networks: NetworkDefaults
    quarantine_seconds: int  # fixed_ip_disassociate_timeout
    instance_dns_domain: str | None  # None: instances have no DNS entries
    mac_attempts: int  # create_unique_mac_address_attempts
    default_floating_pool: str
    auto_assign_floating_ip: bool
    quota_floating_ips: int  # -1: no limit
    quota_fixed_ips: int  # -1: no limit
    report_interval_seconds: int
    service_down_seconds: int
    workers: int  # threads of each process that handle RPC calls
    wiring_seconds: float  # wiring_timeout
    lease_seconds: int  # dhcp_lease_time
    private_dns: DnsDriver = DnsDriver.DNSMASQ  # instance_dns_manager
    public_dns: DnsDriver = DnsDriver.DNSMASQ  # floating_ip_dns_manager
    dns_server: DnsServerSettings | None = None  # None: no domain is served by one
    update_dns_entries: bool = False  # a host has the names of guests on other hosts
    processes: int = 1  # [DEFAULT] workers


@dataclass(frozen=True)
class HostService:
    """A service of a node that its guests may use."""

    protocol: str | None  # tcp or udp; None: any, and any port
    port: int | None


@dataclass(frozen=True)
class NatSettings:
    """NAT and firewall of a node."""

    public_interface: str | None
    routing_source_ip: IPv4Address | None  # None: guests are not NATed
    metadata_host: IPv4Address
    metadata_port: int
    dmz_cidr: tuple[IPv4Network, ...]
    drop_action: str  # iptables_drop_action
    routed_ranges: tuple[IPv4Network, ...] = ()  # routed_fixed_ranges
    services: tuple[HostService, ...] = ()  # services_for_guests


@dataclass(frozen=True)
class DhcpSettings:
    """The arguments of a node's dnsmasq processes."""

    networks_path: Path
    dhcpbridge: Path
    lease_seconds: int
    domain: str
    dns_servers: tuple[str, ...]
    use_network_dns_servers: bool
    dnsmasq_config_file: Path | None
    force_release: bool


@dataclass(frozen=True)
class NameSettings:
    """Which DNS domains of the cloud a node serves to its guests."""

    port: int = 0  # dns_port, on the loopback device
    private: bool = False  # instance_dns_manager is dnsmasq
    public: bool = False  # floating_ip_dns_manager is dnsmasq
    peers: bool = False  # update_dns_entries: the names of guests of other hosts

    @property
    def serves_any(self) -> bool:
        """Whether it serves domains of any kind."""
        return self.private or self.public

    def serves(self, zone: DnsZone) -> bool:
        """Return whether it serves a domain."""
        return self.public if zone.is_public else self.private


@dataclass(frozen=True)
class AgentSettings:
    """The settings of an agent."""

    host: str
    my_ip: IPv4Address
    rpc: RpcSettings
    vlan_interface: str | None
    flat_interface: str | None
    state_path: Path
    nat: NatSettings
    dhcp: DhcpSettings
    report_interval_seconds: int
    resync_seconds: int  # between full reads of the kernel without a known change
    removable_share: float  # of the networks that serve guests; an answer may end so many
    gratuitous_arps: int  # send_arp_for_ha_count; for each floating IP that the host takes over
    names: NameSettings = NameSettings()
