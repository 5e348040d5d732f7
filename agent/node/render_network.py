"""Pure: the resources that one network needs on this host, its firewall aside.

The result depends on the network's snapshot, the settings and the operator's links that the network
needs. It is kept until one of them changes, and most of it when only guests or floating IPs change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Interface

from cloudnet.agent.node.dnsmasq import render_dnsmasq, render_host, render_lease, render_names
from cloudnet.agent.node.incremental import IncrementalMap
from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.base import Resource, Resources, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.agent.node.resources.link_sysctls import LinkSysctls
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.agent.node.topologies import TOPOLOGIES
from cloudnet.agent.node.topologies.links import CannotRender, describe_missing
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import Fault, FloatingIp, NetworkSnapshot

Nics = Mapping[str, Nic]  # by name


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
    other_faults: tuple[RenderFault, ...] = ()  # the network is in sync in spite of them


class NetworkRenderer:
    """Renders one network."""

    def __init__(self, network: NetworkSnapshot, settings: AgentSettings) -> None:
        self._settings = settings
        self._hosts = IncrementalMap(render_host)
        self._leases = IncrementalMap(partial(render_lease, network.bridge))
        self._addresses = IncrementalMap(self._render_address)
        self._bridge = network.bridge  # of the leases
        self._network = network
        self._devices = self._list_devices(network)
        self._facts: object = None  # about the devices; None: nothing was rendered
        self._rendered = NetworkResources({}, {})

    def render(self, network: NetworkSnapshot, nics: Nics) -> NetworkResources:
        """Return what the network needs on a host with these NICs."""
        if network is not self._network:
            if network.bridge != self._bridge:
                self._leases = IncrementalMap(partial(render_lease, network.bridge))
                self._bridge = network.bridge
            self._network, self._devices = network, self._list_devices(network)
            self._facts = None
        facts = self._list_facts(nics)
        if facts != self._facts:
            self._facts, self._rendered = facts, self._render(network, nics)
        return self._rendered

    def _list_devices(self, network: NetworkSnapshot) -> tuple[str, ...]:
        """Return the operator's links that the network and its floating IPs need."""
        own = TOPOLOGIES[network.topology].required_devices(network, self._settings)
        interfaces = {ip.interface for ip in network.floating_ips}
        public = {each or self._settings.nat.public_interface for each in interfaces}
        return tuple(sorted({*own, *(name for name in public if name is not None)}))

    def _list_facts(self, nics: Nics) -> tuple[object, ...]:
        found = tuple(map(nics.get, self._devices))
        # The fault about a missing link names the existing ones, so it changes with them.
        return (found, frozenset(nics)) if None in found else (found,)

    def _render(self, network: NetworkSnapshot, nics: Nics) -> NetworkResources:
        floating_ips, faults = self._render_floating_ips(network, nics)
        try:
            resources = by_key(*self._render_resources(network, nics))
        except CannotRender as reason:
            fault = RenderFault(network.network, f"network {network.label}", str(reason))
            return NetworkResources({}, floating_ips, fault, faults)
        return NetworkResources(resources, floating_ips, None, faults)

    def _render_resources(self, network: NetworkSnapshot, nics: Nics) -> Iterator[Resource]:
        links = TOPOLOGIES[network.topology].render_links(network, self._settings, nics)
        if links is None:
            return
        yield links.bridge
        yield LinkSysctls(links.bridge.name, links.bridge.name)
        if links.uplink is not None:
            yield links.uplink
        if isinstance(links.uplink, Vlan):
            yield LinkSysctls(links.uplink.name, links.bridge.name)
        if network.host_address is not None:
            yield from self._render_gateway(network, links.bridge)

    def _render_gateway(self, network: NetworkSnapshot, bridge: Bridge) -> Iterator[Resource]:
        address = IPv4Interface(f"{network.host_address}/{network.cidr.prefixlen}")
        yield Forwarding()
        yield Address(bridge.name, address)
        if network.enable_dhcp:
            if self._settings.names.peers:
                yield render_names(network, self._settings.dhcp.domain)
            hosts = self._hosts.apply(network.vifs)
            yield render_dnsmasq(network, bridge.mtu, self._settings, hosts)
            yield from self._leases.apply(network.vifs)

    def _render_floating_ips(
        self, network: NetworkSnapshot, nics: Nics
    ) -> tuple[Resources, tuple[RenderFault, ...]]:
        """Return the addresses whose NICs exist, and one fault for each missing NIC."""
        addresses = self._addresses.apply(network.floating_ips)
        devices = {each.device if each is not None else None for each in addresses}
        missing = sorted(devices - nics.keys(), key=str)
        subject = f"floating IPs of network {network.label}"
        faults = (RenderFault(network.network, subject, _explain(name, nics)) for name in missing)
        present = (each for each in addresses if each is not None and each.device in nics)
        return by_key(*present), tuple(faults)

    def _render_address(self, ip: FloatingIp) -> PublicAddress | None:
        """Return the address on its NIC; None: no NIC is named for it."""
        device = ip.interface or self._settings.nat.public_interface
        return None if device is None else PublicAddress(device, ip.address)


def _explain(missing: str | None, nics: Nics) -> str:
    if missing is None:
        return "no NIC is named for them; set public_interface"
    return describe_missing(missing, nics)
