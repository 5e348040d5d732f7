"""Pure: the resources that one network needs on this host, its firewall aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface

from cloudnet.agent.node.dnsmasq import render_dnsmasq, render_leases
from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.base import Resource, Resources, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.agent.node.topologies import TOPOLOGIES
from cloudnet.agent.node.topologies.links import CannotRender, describe_missing
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import Fault, NetworkSnapshot


@dataclass(frozen=True)
class RenderFault:
    """Why the host cannot have a part of the desired state."""

    network: str  # uuid
    subject: str  # the part, as a log line names it
    why: str

    @property
    def line(self) -> str:
        return f"{self.subject}: {self.why}"

    @property
    def reported(self) -> Fault:
        """The fault as the controller gets it."""
        return Fault(self.network, self.line)


@dataclass(frozen=True)
class NetworkResources:
    """What one network needs on this host."""

    resources: Resources  # empty if the host cannot have the network
    # Apart from the others: a network is in sync without its floating IPs, and they stay when the
    # network's own NIC goes away.
    floating_ips: Resources
    fault: RenderFault | None = None  # why the host cannot have the network; None: it can
    floating_ip_faults: tuple[RenderFault, ...] = ()


def required_devices(network: NetworkSnapshot, settings: AgentSettings) -> frozenset[str]:
    """Return the names of the operator's links on which the network's resources depend."""
    public = {_public_device(ip.interface, settings) for ip in network.floating_ips}
    own = TOPOLOGIES[network.topology].required_devices(network, settings)
    return frozenset(own).union(name for name in public if name is not None)


def render_network(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> NetworkResources:
    """Return what the network needs on a host with these NICs."""
    floating_ips, faults = _render_floating_ips(network, settings, nics)
    try:
        resources = by_key(*_render(network, settings, nics))
    except CannotRender as reason:
        fault = RenderFault(network.network, f"network {network.label}", str(reason))
        return NetworkResources({}, floating_ips, fault, faults)
    return NetworkResources(resources, floating_ips, None, faults)


def _render(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> Iterator[Resource]:
    links = TOPOLOGIES[network.topology].render_links(network, settings, nics)
    if links is None:
        return
    yield links.bridge
    if links.uplink is not None:
        yield links.uplink
    if network.host_address is not None:
        yield from _render_gateway(network, links.bridge, settings)


def _render_gateway(
    network: NetworkSnapshot, bridge: Bridge, settings: AgentSettings
) -> Iterator[Resource]:
    yield Forwarding()
    yield Address(bridge.name, IPv4Interface(f"{network.host_address}/{network.cidr.prefixlen}"))
    if network.enable_dhcp:
        yield render_dnsmasq(network, bridge.mtu, settings)
        yield from render_leases(network)


def _render_floating_ips(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> tuple[Resources, tuple[RenderFault, ...]]:
    """Return the addresses whose NICs are there, and one fault for each NIC that is not."""
    addresses: list[PublicAddress] = []
    missing: dict[str | None, None] = {}  # in the order of the addresses
    for ip in network.floating_ips:
        device = _public_device(ip.interface, settings)
        if device is None or device not in nics:
            missing[device] = None
        else:
            addresses.append(PublicAddress(device, ip.address))
    subject = f"floating IPs of network {network.label}"
    faults = (
        RenderFault(network.network, subject, _describe_missing(name, nics)) for name in missing
    )
    return by_key(*addresses), tuple(faults)


def _public_device(interface: str | None, settings: AgentSettings) -> str | None:
    return interface or settings.nat.public_interface


def _describe_missing(name: str | None, nics: Mapping[str, Nic]) -> str:
    if name is None:
        return "no NIC is named for them; set public_interface"
    return describe_missing(name, nics)
