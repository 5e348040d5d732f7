"""What each program is told, typed and frozen: core code never sees oslo.config."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cloudnet.common.wire.objects import Topology


@dataclass(frozen=True)
class RpcSettings:
    """Where the queue is and how long to wait for an answer."""

    transport_url: str
    control_exchange: str
    response_timeout_seconds: int


@dataclass(frozen=True)
class NetworkDefaults:
    """What ``network create`` takes when it is not told."""

    topology: Topology  # network_manager
    multi_host: bool
    network_host: str | None  # the gateway of single-host networks; None: the first host used
    fixed_range: IPv4Network
    num_networks: int
    network_size: int  # addresses
    vlan_start: int
    vlan_interface: str | None
    flat_network_bridge: str | None
    flat_interface: str | None
    dns1: IPv4Address | None  # flat_network_dns
    vpn_clients: int  # cnt_vpn_clients: addresses kept free at the top of a VLAN network
    mtu: int | None = None  # network_device_mtu, bytes; None: the parent NIC's


@dataclass(frozen=True)
class ControllerSettings:
    """What the controller and ``cloudnet-manage`` are told."""

    host: str
    rpc: RpcSettings
    database: str  # an SQLAlchemy URL
    networks: NetworkDefaults
    quarantine_seconds: int  # fixed_ip_disassociate_timeout
    mac_attempts: int  # create_unique_mac_address_attempts
    default_floating_pool: str
    quota_floating_ips: int  # -1: no limit
    quota_fixed_ips: int  # -1: no limit
    report_interval_seconds: int
    service_down_seconds: int
    workers: int  # threads that answer RPC calls


@dataclass(frozen=True)
class NatSettings:
    """How a node's guests reach the world."""

    public_interface: str | None
    routing_source_ip: IPv4Address | None  # None: guests are not NATed
    metadata_host: IPv4Address
    metadata_port: int
    dmz_cidr: tuple[IPv4Network, ...]
    drop_action: str  # iptables_drop_action


@dataclass(frozen=True)
class DhcpSettings:
    """How a node's dnsmasq processes are run."""

    networks_path: Path
    dhcpbridge: Path
    lease_seconds: int
    domain: str
    dns_servers: tuple[str, ...]
    use_network_dns_servers: bool
    dnsmasq_config_file: Path | None
    force_release: bool


@dataclass(frozen=True)
class AgentSettings:
    """What an agent is told."""

    host: str
    rpc: RpcSettings
    vlan_interface: str | None
    flat_interface: str | None
    state_path: Path
    nat: NatSettings
    dhcp: DhcpSettings
    report_interval_seconds: int
    resync_seconds: int  # how often the kernel is read although nothing is known to have changed
    gratuitous_arps: int  # send_arp_for_ha_count; sent for every floating IP that arrives
