"""Network info: what a compute service needs to know about an instance's VIFs.

The JSON has the same keys as nova-network's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from cloudnet.common.wire.codec import JsonObject
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model import ipv6
from cloudnet.controller.model.records import Guest, Network


@dataclass(frozen=True)
class FurtherAddress:
    """An address of a VIF besides the one that its guest gets by DHCP."""

    address: IPv4Address
    floating_ips: tuple[IPv4Address, ...] = ()


@dataclass(frozen=True)
class VifInfo:
    """One VIF of an instance, with the rows that its network info is made of."""

    network: Network
    guest: Guest
    own_address: IPv4Address | None  # of the guest's host; None: a single-host network
    floating_ips: tuple[IPv4Address, ...] = ()
    active: bool = False  # each host that serves it has applied a revision with it
    further: tuple[FurtherAddress, ...] = ()

    @property
    def gateway(self) -> IPv4Address | None:
        """The guest's default route; on a multi-host network this is its own host."""
        return self.own_address or self.network.gateway

    @property
    def dhcp_server(self) -> IPv4Address | None:
        """The address that answers the guest's DHCP requests."""
        return self.own_address or self.network.served_from


def format_network_info(
    vifs: Iterable[VifInfo], rxtx_factor: float | None = None
) -> list[JsonObject]:
    """Return the network info of an instance's VIFs."""
    return [_vif(vif, rxtx_factor) for vif in vifs]


def _vif(vif: VifInfo, rxtx_factor: float | None) -> JsonObject:
    base = vif.network.rxtx_base
    return {
        "id": vif.guest.vif_uuid,
        "address": vif.guest.mac,
        "network": _network(vif),
        "type": "bridge",
        "details": {},
        "devname": None,
        "ovs_interfaceid": None,
        "qbh_params": None,
        "qbg_params": None,
        "active": vif.active,
        "vnic_type": "normal",
        "profile": None,
        "preserve_on_delete": False,
        "meta": {} if base is None or rxtx_factor is None else {"rxtx_cap": base * rxtx_factor},
    }


def _network(vif: VifInfo) -> JsonObject:
    network = vif.network
    meta: JsonObject = {"tenant_id": network.project_id}
    if network.injected:
        meta["injected"] = True
    if network.mtu is not None:
        meta["mtu"] = network.mtu
    if network.topology is not Topology.FLAT:
        meta["should_create_bridge"] = True
        meta["bridge_interface"] = network.bridge_interface
        meta["multi_host"] = network.multi_host
    if network.topology is Topology.VLAN:
        meta["should_create_vlan"] = True
        meta["vlan"] = network.vlan
    return {
        "id": network.uuid,
        "bridge": network.bridge,
        "label": network.label,
        "subnets": [_subnet_v4(vif), _subnet_v6(vif)],
        "meta": meta,
    }


def _subnet_v4(vif: VifInfo) -> JsonObject:
    network = vif.network
    return {
        "cidr": str(network.cidr),
        "dns": [_ip(dns, "dns") for dns in network.dns_servers],
        "gateway": _ip(vif.gateway, "gateway"),
        "ips": [
            _ip(each.address, "fixed")
            | {"floating_ips": [_ip(floating, "floating") for floating in each.floating_ips]}
            for each in (FurtherAddress(vif.guest.address, vif.floating_ips), *vif.further)
        ],
        "routes": [],
        "version": 4,
        "meta": _served_by(vif, _text(vif.dhcp_server)),
    }


def _subnet_v6(vif: VifInfo) -> JsonObject:
    """Nova always has an IPv6 subnet, too; without an IPv6 range it is empty."""
    network = vif.network
    prefix = network.cidr_v6
    address = None if prefix is None else ipv6.compute_address(prefix, vif.guest.mac)
    return {
        "cidr": _text(prefix),
        "dns": [_ip(dns, "dns") for dns in network.dns_servers_v6],
        "gateway": _ip(network.gateway_v6, "gateway"),
        "ips": [] if address is None else [_ip(address, "fixed") | {"floating_ips": []}],
        "routes": [],
        "version": None if prefix is None else 6,
        "meta": _served_by(vif, _text(vif.own_address) or _text(network.gateway_v6)),
    }


def _served_by(vif: VifInfo, dhcp_server: str | None) -> JsonObject:
    return {} if vif.network.topology is Topology.FLAT else {"dhcp_server": dhcp_server}


def _ip(address: IPv4Address | IPv6Address | None, kind: str) -> JsonObject:
    version = None if address is None else address.version
    return {"address": _text(address), "type": kind, "version": version, "meta": {}}


def _text(value: IPv4Address | IPv6Address | IPv6Network | None) -> str | None:
    return None if value is None else str(value)
