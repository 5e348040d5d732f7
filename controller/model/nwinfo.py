"""Network info: what a compute service is told of an instance's network, key for key as by nova.

Built from rows alone; reading it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model.records import Guest, Network

Plain = dict[str, Any]  # Any: JSON


@dataclass(frozen=True)
class Wiring:
    """One VIF of an instance and all that is said about it."""

    network: Network
    guest: Guest
    own_address: IPv4Address | None  # of the guest's host; None: a single-host network
    floating_ips: tuple[IPv4Address, ...] = ()
    active: bool = False  # every host that serves it has reported it applied

    @property
    def gateway(self) -> IPv4Address | None:
        """The guest's default route: in multi-host mode its own host, not ``networks.gateway``."""
        return self.own_address or self.network.gateway

    @property
    def dhcp_server(self) -> IPv4Address | None:
        """Caller answers the guest's DHCP requests."""
        return self.own_address or self.network.served_from


def network_info(wirings: Iterable[Wiring], rxtx_factor: float | None = None) -> list[Plain]:
    """Return the list of VIFs, in their order."""
    return [_vif(wiring, rxtx_factor) for wiring in wirings]


def _vif(wiring: Wiring, rxtx_factor: float | None) -> Plain:
    base = wiring.network.rxtx_base
    return {
        "id": wiring.guest.vif_uuid,
        "address": wiring.guest.mac,
        "network": _network(wiring),
        "type": "bridge",
        "details": {},
        "devname": None,
        "ovs_interfaceid": None,
        "qbh_params": None,
        "qbg_params": None,
        "active": wiring.active,
        "vnic_type": "normal",
        "profile": None,
        "preserve_on_delete": False,
        "meta": {} if base is None or rxtx_factor is None else {"rxtx_cap": base * rxtx_factor},
    }


def _network(wiring: Wiring) -> Plain:
    network = wiring.network
    meta: Plain = {"tenant_id": network.project_id}
    if network.injected:
        meta["injected"] = True
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
        "subnets": [_subnet_v4(wiring), _subnet_v6(wiring)],
        "meta": meta,
    }


def _subnet_v4(wiring: Wiring) -> Plain:
    network = wiring.network
    return {
        "cidr": str(network.cidr),
        "dns": [_ip(dns, "dns") for dns in (network.dns1, network.dns2) if dns is not None],
        "gateway": _ip(wiring.gateway, "gateway"),
        "ips": [
            _ip(wiring.guest.address, "fixed")
            | {"floating_ips": [_ip(floating, "floating") for floating in wiring.floating_ips]}
        ],
        "routes": [],
        "version": 4,
        "meta": _served_by(wiring, _text(wiring.dhcp_server)),
    }


def _subnet_v6(wiring: Wiring) -> Plain:
    """Two entries are always given, as by nova; cloudnet has no IPv6 on its networks yet."""
    return {
        "cidr": None,
        "dns": [],
        "gateway": _ip(None, "gateway"),
        "ips": [],
        "routes": [],
        "version": None,
        "meta": _served_by(wiring, _text(wiring.own_address) or wiring.network.gateway_v6),
    }


def _served_by(wiring: Wiring, dhcp_server: str | None) -> Plain:
    return {} if wiring.network.topology is Topology.FLAT else {"dhcp_server": dhcp_server}


def _ip(address: IPv4Address | None, kind: str) -> Plain:
    version = None if address is None else address.version
    return {"address": _text(address), "type": kind, "version": version, "meta": {}}


def _text(address: IPv4Address | None) -> str | None:
    return None if address is None else str(address)
