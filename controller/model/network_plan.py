"""Planning new networks: from a request, the configured defaults and what exists to rows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.errors import (
    AddressOutOfRange,
    BadRequest,
    InvalidCidr,
    InvalidIntValue,
    NetworkNotCreated,
)
from cloudnet.common.limits import VLAN_ID
from cloudnet.common.settings.views import NetworkDefaults
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model import ipam, validation, vlans
from cloudnet.controller.model.network_columns import Columns, plan_other_columns
from cloudnet.controller.model.network_request import (
    ExistingNetworks,
    NetworkRequest,
    PlannedNetwork,
)

_FOR_ONE_NETWORK = (
    "vlan",
    "gateway_v6",
    "fixed_cidr",
    "allowed_start",
    "allowed_end",
    "uuid",
)


def plan_networks(
    request: NetworkRequest, defaults: NetworkDefaults, existing: ExistingNetworks
) -> list[PlannedNetwork]:
    """Return the requested networks.

    :raises BadRequest: the request contradicts itself or what exists
    :raises NoMoreVlans: there are not enough VLAN ids
    """
    return _Planner(request, defaults, existing).plan()


def describe_unused_range(request: NetworkRequest, defaults: NetworkDefaults) -> str | None:
    """Return a line if the networks are smaller than the requested range, else None.

    None also if the request itself says how many or how large they are to be.
    """
    if request.cidr is None or request.network_size or (request.num_networks or 1) > 1:
        return None
    largest = _largest_size(request.cidr, request.num_networks or defaults.num_networks)
    if largest <= defaults.network_size:
        return None
    return (
        f"{request.cidr} has {request.cidr.num_addresses} addresses, but a network gets "
        f"{defaults.network_size} (network_size), a /{ipam.prefix_length(defaults.network_size)}; "
        f"to use the whole range, give network_size {largest}"
    )


class _Planner:
    """A request, and the defaults for what it leaves out."""

    def __init__(
        self, request: NetworkRequest, defaults: NetworkDefaults, existing: ExistingNetworks
    ) -> None:
        self._request = request
        self._defaults = defaults
        self._existing = existing
        self._topology = request.topology or defaults.topology
        self._count = request.num_networks or defaults.num_networks

    def plan(self) -> list[PlannedNetwork]:
        request, defaults, count = self._request, self._defaults, self._count
        _check_request(request, self._topology, count)
        labels = _labels(request.label, count)
        cidr = request.cidr or defaults.fixed_range
        if cidr is None:
            raise InvalidCidr("cidr: fixed_range is empty, so give the range of the networks")
        validation.parse_argument("cidr", validation.require_guest_range, cidr)
        size = request.network_size or min(defaults.network_size, _largest_size(cidr, count))
        subnets = ipam.pick_ranges(cidr, count, size, self._existing.ranges, self._existing.labels)
        others = plan_other_columns(request, count, size, self._existing)
        return [
            self._plan_network(label, subnet, vlan, more)
            for label, subnet, vlan, more in zip(
                labels, subnets, self._pick_vlans(), others, strict=True
            )
        ]

    def _pick_vlans(self) -> Sequence[int | None]:
        if self._topology is not Topology.VLAN:
            return [None] * self._count
        if self._request.vlan is not None:
            excluded = self._defaults.excluded_vlans
            return vlans.require_free(self._request.vlan, self._existing.vlans, excluded)
        start = self._request.vlan_start or self._defaults.vlan_start
        taken = {
            vlan
            for vlan in range(start, VLAN_ID.highest + 1)
            if vlan in self._existing.vlans
            or vlan in self._defaults.excluded_vlans
            or vlans.get_bridge(vlan) in self._existing.bridges
        }
        return vlans.pick_free(self._count, start, taken)

    def _plan_network(
        self, label: str, cidr: IPv4Network, vlan: int | None, others: Columns
    ) -> PlannedNetwork:
        request, defaults = self._request, self._defaults
        dhcp_server = self._place(request.dhcp_server, cidr)
        layout = ipam.plan_layout(
            cidr,
            vpn=vlan is not None,
            gateway=self._place(request.gateway, cidr),
            dhcp_server=dhcp_server,
            first=request.allowed_start,
            last=request.allowed_end,
            vpn_clients=defaults.vpn_clients if vlan is not None else 0,
        )
        start, end = _narrow_pool(request.fixed_cidr, cidr, layout)
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
            "mtu": request.mtu or defaults.mtu,
            "dhcp_server": dhcp_server,
            "share_address": request.share_address,
            "enable_dhcp": request.enable_dhcp and self._topology is not Topology.FLAT,
        }
        return PlannedNetwork(columns | others, layout.reserved)

    def _place(self, address: IPv4Address | None, cidr: IPv4Network) -> IPv4Address | None:
        """Return an address; of several networks, each has it at the same position."""
        if address is None or self._count == 1:
            return address
        return cidr[int(address) % cidr.num_addresses]

    def _multi_host(self) -> bool:
        if self._request.multi_host is not None:
            return self._request.multi_host
        return self._defaults.multi_host and self._request.host is None

    def _bridge(self, vlan: int | None) -> str:
        bridge = self._request.bridge or self._defaults.flat_network_bridge
        if vlan is not None:
            bridge = vlans.get_bridge(vlan)  # whatever is requested, as in nova-network
        if bridge is None:
            raise NetworkNotCreated(
                f"bridge: a {self._topology.value} network needs one; "
                "give it or set flat_network_bridge"
            )
        validation.parse_argument("bridge", validation.parse_device_name, bridge)
        # Flat networks may share a bridge of the operator's.
        is_flat = self._topology is Topology.FLAT
        if bridge in (self._existing.cloud_bridges if is_flat else self._existing.bridges):
            raise BadRequest(f"bridge {bridge} belongs to another network; give another")
        return bridge

    def _bridge_interface(self) -> str | None:
        if self._topology is not Topology.VLAN:
            interface = self._request.bridge_interface or self._defaults.flat_interface
        else:
            interface = self._request.bridge_interface or self._defaults.vlan_interface
            if interface is None:
                raise NetworkNotCreated(
                    "bridge_interface: a VLAN network needs the NIC that carries its tag; "
                    "give it or set vlan_interface"
                )
        if interface is None:
            return None
        if self._topology is Topology.FLATDHCP and interface in self._existing.flat_nics:
            raise BadRequest(
                f"bridge_interface {interface} is in the bridge of network "
                f"{self._existing.flat_nics[interface]}, and a NIC can be in one bridge only; "
                "give another"
            )
        return validation.parse_argument(
            "bridge_interface", validation.parse_device_name, interface
        )


def _check_request(request: NetworkRequest, topology: Topology, count: int) -> None:
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
    suffixes = [""] if count == 1 else [f"_{n}" for n in range(count)]
    validation.parse_argument(
        "label", validation.parse_text, label, validation.LONGEST - len(suffixes[-1])
    )
    return [label + suffix for suffix in suffixes]


def _largest_size(cidr: IPv4Network, count: int) -> int:
    """Return how many addresses each of ``count`` equal networks in a range can have at most."""
    if cidr.num_addresses < count:
        raise InvalidIntValue(f"{cidr} cannot be split into {count} networks; give a larger range")
    return 1 << ((cidr.num_addresses // count).bit_length() - 1)


def _narrow_pool(
    fixed_cidr: IPv4Network | None, cidr: IPv4Network, layout: ipam.Layout
) -> tuple[IPv4Address, IPv4Address]:
    """Return the first and last address of the pool, inside ``fixed_cidr`` if that is given."""
    if fixed_cidr is None:
        return layout.dhcp_start, layout.dhcp_end
    if not fixed_cidr.subnet_of(cidr):
        raise AddressOutOfRange(f"fixed_cidr {fixed_cidr} is not inside {cidr}")
    start = max(layout.dhcp_start, fixed_cidr[0])
    end = min(layout.dhcp_end, fixed_cidr[-1])
    if start > end:
        raise InvalidCidr(f"fixed_cidr {fixed_cidr} leaves no address for guests of {cidr}")
    return start, end
