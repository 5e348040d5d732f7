"""What is requested of new networks, what exists, and what is planned of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from cloudnet.common.wire.objects import Topology


@dataclass(frozen=True)
class NetworkRequest:
    """The networks that a caller requests; None: the configured default."""

    label: str
    cidr: IPv4Network | None = None
    topology: Topology | None = None
    num_networks: int | None = None
    network_size: int | None = None  # addresses in each
    vlan: int | None = None  # exactly this id, for one network
    vlan_start: int | None = None
    bridge: str | None = None
    bridge_interface: str | None = None
    multi_host: bool | None = None
    host: str | None = None  # the gateway of single-host networks
    gateway: IPv4Address | None = None
    dhcp_server: IPv4Address | None = None
    dns1: IPv4Address | IPv6Address | None = None
    dns2: IPv4Address | IPv6Address | None = None
    fixed_cidr: IPv4Network | None = None
    allowed_start: IPv4Address | None = None
    allowed_end: IPv4Address | None = None
    uuid: str | None = None
    project: str | None = None
    priority: int | None = None
    mtu: int | None = None
    enable_dhcp: bool = True
    cidr_v6: IPv6Network | None = None  # None: no IPv6
    gateway_v6: IPv6Address | None = None  # None: the first address
    vpn_start: int | None = None  # the first network's vpn_public_port; None: none have one
    share_address: bool = False


@dataclass(frozen=True)
class ExistingNetworks:
    """What new networks must not overlap or use again."""

    ranges: Sequence[IPv4Network]
    vlans: Mapping[int, str]  # with the names of the networks that have them
    bridges: Collection[str]
    cloud_bridges: Collection[str]  # those that agents create; the others are operators'
    flat_nics: Mapping[str, str]  # in the bridges of FlatDHCP networks, with the networks' labels
    ranges_v6: Sequence[IPv6Network] = ()
    labels: Mapping[IPv4Network | IPv6Network, str] = field(default_factory=dict)  # for errors


@dataclass(frozen=True)
class PlannedNetwork:
    """A network that is to be created."""

    columns: dict[str, Any]  # Any: a row of ``networks``
    reserved: tuple[IPv4Address, ...]

    @property
    def cidr(self) -> IPv4Network:
        """The network's range."""
        cidr: IPv4Network = self.columns["cidr"]
        return cidr
