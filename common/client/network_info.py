"""Network info: what a compute service needs to know about the VIFs of an instance.

It is JSON with the keys of nova's network model: addresses are text, and a list or dictionary can
be stored as it is. The functions are those that nova's model has as methods.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypedDict, cast

LONGEST_LINK_NAME = 14
"""Characters of a link's name, as nova cuts them."""


class IP(TypedDict):
    """An address; ``type`` is ``floating``, ``dns`` or, in a :class:`FixedIP`, ``fixed``."""

    address: str
    type: str
    version: int
    meta: dict[str, Any]  # Any: JSON


class Gateway(TypedDict):
    """The address of the default route; null: there is none."""

    address: str | None
    type: str
    version: int | None
    meta: dict[str, Any]  # Any: JSON


class FixedIP(IP):
    """An address that the guest has, with the floating IPs that are associated with it."""

    floating_ips: list[IP]


class Route(TypedDict):
    """A further route; cloudnet has none."""

    cidr: str
    gateway: Gateway
    interface: str | None
    meta: dict[str, Any]  # Any: JSON


class SubnetMeta(TypedDict, total=False):
    """Which address answers the guest's DHCP requests; a flat network has none."""

    dhcp_server: str | None


class Subnet(TypedDict):
    """A range of a network; ``cidr`` and ``version`` are null if it has no IPv6 range."""

    cidr: str | None
    dns: list[IP]
    gateway: Gateway
    ips: list[FixedIP]
    routes: list[Route]
    version: int | None
    meta: SubnetMeta


class NetworkMeta(TypedDict, total=False):
    """Whose network it is, and what its hosts have of it.

    The agent creates bridge and VLAN device: the ``should_create_…`` are for nova's own drivers.
    """

    tenant_id: str | None
    mtu: int  # bytes; absent: that of the NIC below, which the bridge has too
    injected: bool
    should_create_bridge: bool
    bridge_interface: str | None
    multi_host: bool
    should_create_vlan: bool
    vlan: int | None


class Network(TypedDict):
    """A network: IPv4 is the first of its two subnets, IPv6 the second."""

    id: str  # uuid
    bridge: str
    label: str
    subnets: list[Subnet]
    meta: NetworkMeta


class VIFMeta(TypedDict, total=False):
    """``rxtx_cap``: the network's ``rxtx_base`` times the call's ``rxtx_factor``."""

    rxtx_cap: float


class VIF(TypedDict):
    """A network card of an instance; ``active``: its hosts have applied its network."""

    id: str  # uuid
    address: str  # the MAC
    network: Network
    type: str  # bridge
    details: dict[str, Any]  # Any: JSON
    devname: str | None
    ovs_interfaceid: str | None
    qbh_params: None
    qbg_params: None
    active: bool
    vnic_type: str  # normal
    profile: dict[str, Any] | None  # Any: JSON
    preserve_on_delete: bool
    meta: VIFMeta


NetworkInfo = list[VIF]
"""The VIFs of an instance, in the order in which they were created."""


class LabeledIPs(TypedDict):
    """All addresses of a VIF, fixed ones before floating ones, with the name of their network."""

    network_label: str
    network_id: str
    ips: list[IP]


def fixed_ips(vifs: Iterable[VIF]) -> list[FixedIP]:
    """Return the fixed IPs of the VIFs, those of IPv4 first in each."""
    return [ip for vif in vifs for subnet in vif["network"]["subnets"] for ip in subnet["ips"]]


def floating_ips(vifs: Iterable[VIF]) -> list[IP]:
    """Return the floating IPs of the VIFs."""
    return [floating for fixed in fixed_ips(vifs) for floating in fixed["floating_ips"]]


def labeled_ips(vif: VIF) -> LabeledIPs:
    """Return all addresses of the VIF with the name of its network."""
    return {
        "network_label": vif["network"]["label"],
        "network_id": vif["network"]["id"],
        "ips": [*fixed_ips([vif]), *floating_ips([vif])],
    }


def as_network(subnet: Subnet) -> IPv4Network | IPv6Network | None:
    """Return the range of the subnet, or None if it has none."""
    return None if subnet["cidr"] is None else ip_network(subnet["cidr"])


def is_in_subnet(ip: IP, subnet: Subnet) -> bool:
    """Return whether the address lies in the range of the subnet."""
    network = as_network(subnet)
    return network is not None and ip_address(ip["address"]) in network


def get_mtu(vif: VIF) -> int | None:
    """Return the MTU for the tap and the guest's card in bytes, or None: that of the bridge."""
    return vif["network"]["meta"].get("mtu")


def tap_name(vif: VIF) -> str:
    """Return the name that nova gives to the VIF's tap: ``tap`` and the start of its uuid."""
    return f"tap{vif['id']}"[:LONGEST_LINK_NAME]


def hydrate(stored: str | Iterable[VIF] | None) -> NetworkInfo:
    """Return network info from its text, which :func:`json.dumps` makes, or from its list."""
    if stored is None:
        return []
    return cast("NetworkInfo", json.loads(stored)) if isinstance(stored, str) else list(stored)
