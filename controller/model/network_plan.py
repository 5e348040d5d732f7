"""From a wish for networks to their rows: pure, given what exists."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from cloudnet.common.errors import (
    AddressOutOfRange,
    BadRequest,
    InvalidCidr,
    InvalidInput,
    InvalidIntValue,
    NetworkNotCreated,
)
from cloudnet.common.limits import DEVICE_NAME_RULE, VLAN_ID, is_device_name
from cloudnet.common.settings.views import NetworkDefaults
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model import ipam, validation, vlans

_FOR_ONE_NETWORK = (
    "vlan",
    "gateway",
    "dhcp_server",
    "fixed_cidr",
    "allowed_start",
    "allowed_end",
    "uuid",
)


@dataclass(frozen=True)
class NetworkRequest:
    """What ``network create`` was told; None: as the configuration says."""

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
    dns1: IPv4Address | None = None
    dns2: IPv4Address | None = None
    fixed_cidr: IPv4Network | None = None
    allowed_start: IPv4Address | None = None
    allowed_end: IPv4Address | None = None
    uuid: str | None = None
    project: str | None = None
    priority: int | None = None
    mtu: int | None = None
    enable_dhcp: bool = True


@dataclass(frozen=True)
class ExistingNetworks:
    """What new networks must keep clear of."""

    ranges: Sequence[IPv4Network]
    vlans: Collection[int]
    bridges: Collection[str]


@dataclass(frozen=True)
class PlannedNetwork:
    """A network that is to be written down."""

    columns: dict[str, Any]  # Any: a row of ``networks``
    reserved: tuple[IPv4Address, ...]

    @property
    def cidr(self) -> IPv4Network:
        """The network's range."""
        cidr: IPv4Network = self.columns["cidr"]
        return cidr


def plan_networks(
    request: NetworkRequest, defaults: NetworkDefaults, existing: ExistingNetworks
) -> list[PlannedNetwork]:
    """Return the networks wished for.

    :raises BadRequest: the wish contradicts itself or what exists
    :raises NoMoreVlans: there are not enough VLAN ids
    """
    return _Drafting(request, defaults, existing).drafts()


class _Drafting:
    """A wish with the configuration behind it."""

    def __init__(
        self, request: NetworkRequest, defaults: NetworkDefaults, existing: ExistingNetworks
    ) -> None:
        self._wish = request
        self._defaults = defaults
        self._existing = existing
        self._topology = request.topology or defaults.topology
        self._count = request.num_networks or defaults.num_networks

    def drafts(self) -> list[PlannedNetwork]:
        request, defaults, count = self._wish, self._defaults, self._count
        _check(request, self._topology, count)
        labels = _labels(request.label, count)
        cidr = request.cidr or defaults.fixed_range
        size = request.network_size or min(defaults.network_size, _share(cidr, count))
        subnets = ipam.pick_ranges(cidr, count, size, self._existing.ranges)
        return [self._one(*each) for each in zip(labels, subnets, self._tags(), strict=True)]

    def _tags(self) -> Sequence[int | None]:
        if self._topology is not Topology.VLAN:
            return [None] * self._count
        if self._wish.vlan is not None:
            return vlans.require_free(self._wish.vlan, self._existing.vlans)
        start = self._wish.vlan_start or self._defaults.vlan_start
        taken = {
            vlan
            for vlan in range(start, VLAN_ID.highest + 1)
            if vlan in self._existing.vlans or _bridge_of(vlan) in self._existing.bridges
        }
        return vlans.pick_free(self._count, start, taken)

    def _one(self, label: str, cidr: IPv4Network, vlan: int | None) -> PlannedNetwork:
        request, defaults = self._wish, self._defaults
        has_vlan = vlan is not None
        layout = ipam.plan_layout(
            cidr,
            vpn=has_vlan,
            gateway=request.gateway,
            dhcp_server=request.dhcp_server,
            first=request.allowed_start,
            last=request.allowed_end,
            vpn_clients=defaults.vpn_clients if has_vlan else 0,
        )
        start, end = _within(request.fixed_cidr, cidr, layout)
        multi_host = self._multi_host()
        columns = {
            "uuid": request.uuid or str(uuid.uuid4()),
            "label": label,
            "topology": self._topology,
            "cidr": cidr,
            "multi_host": multi_host,
            "netmask": cidr.netmask,
            "gateway": layout.gateway,
            "broadcast": cidr.broadcast_address,
            "bridge": self._bridge(vlan),
            "bridge_interface": self._bridge_interface(),
            "dns1": request.dns1 or defaults.dns1,
            "dns2": request.dns2,
            "vlan": vlan,
            "vpn_private_address": layout.vpn,
            "dhcp_start": start,
            "dhcp_end": end,
            "pool_start": int(start) - int(cidr.network_address),
            "pool_end": int(end) - int(cidr.network_address),
            "project_id": request.project,
            "priority": request.priority,
            "host": None if multi_host else request.host or defaults.network_host,
            "mtu": request.mtu,
            "dhcp_server": request.dhcp_server,
            "enable_dhcp": request.enable_dhcp and self._topology is not Topology.FLAT,
        }
        return PlannedNetwork(columns, layout.reserved)

    def _multi_host(self) -> bool:
        if self._wish.multi_host is not None:
            return self._wish.multi_host
        return self._defaults.multi_host and self._wish.host is None

    def _bridge(self, vlan: int | None) -> str:
        bridge = self._wish.bridge or self._defaults.flat_network_bridge
        if vlan is not None:
            bridge = _bridge_of(vlan)  # whatever was given, as nova-network did
        if bridge is None:
            raise NetworkNotCreated(
                f"bridge: a {self._topology.value} network needs one; "
                "give it or set flat_network_bridge"
            )
        check_device_name("bridge", bridge)
        if bridge in self._existing.bridges and self._topology is not Topology.FLAT:
            raise BadRequest(f"bridge {bridge} belongs to another network; give another")
        return bridge

    def _bridge_interface(self) -> str | None:
        if self._topology is not Topology.VLAN:
            interface = self._wish.bridge_interface or self._defaults.flat_interface
        else:
            interface = self._wish.bridge_interface or self._defaults.vlan_interface
            if interface is None:
                raise NetworkNotCreated(
                    "bridge_interface: a VLAN network needs the NIC that carries its tag; "
                    "give it or set vlan_interface"
                )
        return None if interface is None else check_device_name("bridge_interface", interface)


def _bridge_of(vlan: int) -> str:
    return f"br{vlan}"


def check_device_name(argument: str, name: str) -> str:
    """Return the name if the kernel could take it for a device.

    :raises InvalidInput: it could not
    """
    if not is_device_name(name):
        raise InvalidInput(f"{argument} {name!r}: a device name has {DEVICE_NAME_RULE}")
    return name


def _check(request: NetworkRequest, topology: Topology, count: int) -> None:
    if request.multi_host and request.host:
        raise BadRequest(
            f"host {request.host}: a multi-host network has a gateway on every host; "
            "leave host out or make it a single-host network"
        )
    if topology is not Topology.VLAN and request.vlan is not None:
        raise BadRequest(f"vlan {request.vlan}: a {topology.value} network has no VLAN id")
    if count == 1:
        return
    for name in _FOR_ONE_NETWORK:
        if getattr(request, name) is not None:
            raise BadRequest(f"{name} is for one network; leave it out or make one at a time")
    if topology is Topology.FLATDHCP:
        raise BadRequest(
            f"num_networks {count}: each FlatDHCP network needs a bridge of its own; "
            "make one at a time"
        )


def _labels(label: str, count: int) -> list[str]:
    numbers = [""] if count == 1 else [f"_{n}" for n in range(count)]
    validation.parse_argument(
        "label", validation.parse_text, label, validation.LONGEST - len(numbers[-1])
    )
    return [label + number for number in numbers]


def _share(cidr: IPv4Network, count: int) -> int:
    """The most addresses that each of ``count`` equal networks in the range can have."""
    if cidr.num_addresses < count:
        raise InvalidIntValue(f"{cidr} cannot be split into {count} networks; give a larger range")
    return 1 << ((cidr.num_addresses // count).bit_length() - 1)


def _within(
    fixed_cidr: IPv4Network | None, cidr: IPv4Network, layout: ipam.Layout
) -> tuple[IPv4Address, IPv4Address]:
    """Return the pool's first and last address, inside ``fixed_cidr`` if that is given."""
    if fixed_cidr is None:
        return layout.dhcp_start, layout.dhcp_end
    if not fixed_cidr.subnet_of(cidr):
        raise AddressOutOfRange(f"fixed_cidr {fixed_cidr} is not inside {cidr}")
    start = max(layout.dhcp_start, fixed_cidr[0])
    end = min(layout.dhcp_end, fixed_cidr[-1])
    if start > end:
        raise InvalidCidr(f"fixed_cidr {fixed_cidr} leaves no address for guests of {cidr}")
    return start, end
