"""Desired state in the controller's terms → resources of this host.

Each network is rendered by itself, and again only when its snapshot or a NIC that it needs
changes. If the host lacks something (a NIC), that is a fault of the network: what exists of the
network is left as it is, and all other networks are rendered.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cloudnet.agent.firewall.renderer import Firewall, FirewallRenderer
from cloudnet.agent.node import public_interface
from cloudnet.agent.node.former_arguments import keep_former_arguments
from cloudnet.agent.node.name_server import NameServerRenderer
from cloudnet.agent.node.refusals import (
    explain_overlap,
    find_exposed,
    find_overlap,
    find_refusal,
    list_brokers,
)
from cloudnet.agent.node.render_network import NetworkRenderer, NetworkResources, RenderFault
from cloudnet.agent.node.resources.actual import ActualState, HostRange
from cloudnet.agent.node.resources.base import Resource, Resources, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import DnsRecords, FixedRanges, NetworkSnapshot, Topology


@dataclass(frozen=True)
class Rendered:
    """What a host should have."""

    resources: Resources
    networks: Mapping[str, Resources]  # by uuid: what the network needs to be in sync…
    shared: frozenset[str] = frozenset()  # …besides the resources with these keys
    preserved: frozenset[str] = frozenset()  # bridges of networks that the host cannot have now
    faults: tuple[RenderFault, ...] = ()


@dataclass(frozen=True)
class _Part:
    """One network of a host."""

    network: NetworkSnapshot
    rendered: NetworkResources
    refusal: str | None  # why the host must not have it; None: it may


class Renderer:
    """Renders the networks of one host, and keeps each result until an input of it changes."""

    def __init__(self, settings: AgentSettings, firewall: FirewallRenderer) -> None:
        self._settings = settings
        self._firewall = firewall
        self._name_server = NameServerRenderer(settings)
        self._renderers: dict[str, NetworkRenderer] = {}  # by network uuid
        self._brokers = list_brokers(settings.rpc.transport_url)
        # The public interface that the host had, while the configured one does not exist, and the
        # renderer for it.
        self._former: tuple[str, Renderer] | None = None

    def render(
        self,
        networks: Iterable[NetworkSnapshot],
        ranges: FixedRanges,
        actual: ActualState,
        dns: DnsRecords | None = None,
    ) -> Rendered:
        """Return what a host in the actual state should have for these networks.

        :param dns: the names that it serves; None: it serves none
        """
        rendered = self._render_networks(tuple(networks), ranges, actual)
        if dns is None or not _serves_dhcp(rendered.resources):
            return rendered
        names = by_key(*self._name_server.render(dns))
        return replace(rendered, resources={**rendered.resources, **names})

    def _render_networks(
        self, networks: tuple[NetworkSnapshot, ...], ranges: FixedRanges, actual: ActualState
    ) -> Rendered:
        configured = self._settings.nat.public_interface
        self._former = self._find_former(configured, networks, actual)
        if self._former is None or configured is None:
            return self._render(networks, ranges, actual)
        former, renderer = self._former
        rendered = renderer.render(networks, ranges, actual)
        faults = public_interface.list_faults(configured, former, networks, actual)
        return replace(rendered, faults=(*faults, *rendered.faults))

    def _find_former(
        self, configured: str | None, networks: Iterable[NetworkSnapshot], actual: ActualState
    ) -> tuple[str, Renderer] | None:
        """Return the former public interface and its renderer, if the host still needs it."""
        if configured is None or configured in actual.nics:
            return None
        if self._former is not None and self._former[0] in actual.nics:
            return self._former
        former = public_interface.find_former(configured, networks, actual)
        if former is None:
            return None
        nat = replace(self._settings.nat, public_interface=former)
        return former, Renderer(replace(self._settings, nat=nat), FirewallRenderer(nat))

    def _render(
        self, networks: Iterable[NetworkSnapshot], ranges: FixedRanges, actual: ActualState
    ) -> Rendered:
        actual = replace(actual, host_ranges=(*actual.host_ranges, *self._brokers))
        ordered = sorted(networks, key=lambda network: network.network)
        self._renderers = {network.network: self._renderer(network) for network in ordered}
        flat = {network.bridge for network in ordered if network.topology is Topology.FLAT}
        parts = [self._render_network(network, actual, flat) for network in ordered]
        refused = _find_refused(parts, actual)
        served = [part for part in parts if part.network.network not in refused]
        exposed, firewall = self._render_firewall(served, ranges, actual)
        rendered = _merge(served, firewall)
        return replace(
            rendered,
            preserved=rendered.preserved | _preserve(parts, refused, actual),
            faults=(*refused.values(), *exposed, *_list_overlaps(served, actual), *rendered.faults),
        )

    def _renderer(self, network: NetworkSnapshot) -> NetworkRenderer:
        known = self._renderers.get(network.network)
        return known or NetworkRenderer(network, self._settings)

    def _render_network(
        self, network: NetworkSnapshot, actual: ActualState, flat_bridges: set[str]
    ) -> _Part:
        rendered = self._renderers[network.network].render(network, actual.nics)
        rendered = keep_former_arguments(network, rendered, actual.resources)
        return _Part(network, rendered, find_refusal(network, actual, flat_bridges))

    def _render_firewall(
        self, parts: Sequence[_Part], ranges: FixedRanges, actual: ActualState
    ) -> tuple[list[RenderFault], Firewall]:
        """Return the firewall, and a fault for each bridge that carries the host's own traffic."""
        networks = [part.network for part in parts]
        orphans = _orphan_bridges(networks, actual)
        exposed = find_exposed(networks, orphans, actual)
        public = self._settings.nat.public_interface
        host_bridges = exposed.keys() | ({public} if public is not None else set())
        # Rules name bridges and addresses, not NICs, so they do not depend on the host's NICs.
        firewall = self._firewall.render(networks, ranges, orphans, sorted(host_bridges))
        faults = [
            _explain_exposure(network, exposed[network.bridge])
            for network in networks
            if network.bridge in exposed and network.topology is not Topology.FLAT
        ]
        return faults, firewall


def _serves_dhcp(resources: Resources) -> bool:
    return any(isinstance(each, Dnsmasq) for each in resources.values())


def _find_refused(parts: Sequence[_Part], actual: ActualState) -> dict[str, RenderFault]:
    """Return the faults of the networks that get nothing on this host, by their uuids.

    Of two networks that need one link, the one that has it keeps it. If neither has it, the one
    with guests gets it: after a restart of the host, that is the one that had it before.
    """
    refused = _refuse_in_order(parts)
    if not refused:
        return refused

    def precedence(part: _Part) -> tuple[int, bool, str]:
        return -_count_owned(part, actual), not part.network.vifs, part.network.network

    return _refuse_in_order(sorted(parts, key=precedence))


def _refuse_in_order(parts: Iterable[_Part]) -> dict[str, RenderFault]:
    """Refuse each network that needs what one before it needs, too."""
    refused: dict[str, RenderFault] = {}
    taken: dict[str, Resource] = {}
    for part in parts:
        why = part.refusal or _find_conflict(part.rendered.resources, taken)
        if why is not None:
            network = part.network
            subject = f"network {network.label}"
            refused[network.network] = RenderFault(network.network, subject, why)
        else:
            taken |= part.rendered.resources
    return refused


def _count_owned(part: _Part, actual: ActualState) -> int:
    """Return how many of the network's links it has."""
    links = (each for each in part.rendered.resources.values() if each.owner is not None)
    pairs = ((link, actual.resources.get(link.key)) for link in links)
    return sum(1 for link, found in pairs if found is not None and found.owner == link.owner)


def _find_conflict(own: Resources, others: Resources) -> str | None:
    """Return why another network's resources exclude these; None: they do not."""
    taken = sorted(key for key in own.keys() & others.keys() if own[key] != others[key])
    if not taken:
        return None
    return f"another network has {', '.join(taken)} on this host; give one of them another bridge"


def _preserve(
    parts: Iterable[_Part], refused: Container[str], actual: ActualState
) -> frozenset[str]:
    """Return the bridges of refused networks, except for those that are the operator's now."""
    return frozenset(
        part.network.bridge
        for part in parts
        if part.network.network in refused and part.network.bridge not in actual.nics
    )


def _list_overlaps(parts: Iterable[_Part], actual: ActualState) -> Iterator[RenderFault]:
    """Yield a fault for each network that stays although its range is the host's own, too."""
    for part in parts:
        overlap = find_overlap(part.network, actual)
        if overlap is not None:
            why = explain_overlap(part.network, overlap)
            subject = f"network {part.network.label}"
            yield RenderFault(part.network.network, subject, why)


def _explain_exposure(network: NetworkSnapshot, carried: Iterable[HostRange]) -> RenderFault:
    addresses = ", ".join(map(str, carried))
    why = (
        f"it carries {addresses}, which the host needs, so only packets from {network.cidr} are "
        "refused there; move them to another link"
    )
    return RenderFault(network.network, f"bridge {network.bridge}", why)


def _merge(parts: Sequence[_Part], firewall: Firewall) -> Rendered:
    """Return the networks' resources as one host's."""
    resources: dict[str, Resource] = {}
    networks: dict[str, Resources] = {}
    preserved: set[str] = set()
    faults: list[RenderFault] = []
    for part in parts:
        if part.rendered.fault is not None:
            faults.append(part.rendered.fault)
            preserved.add(part.network.bridge)
        else:
            resources |= part.rendered.resources
            networks[part.network.network] = part.rendered.resources
    tables = by_key(*firewall.tables)
    resources |= tables | by_key(*firewall.nat_mappings)
    for part in parts:
        resources |= part.rendered.floating_ips
        faults += part.rendered.other_faults
    return Rendered(resources, networks, frozenset(tables), frozenset(preserved), tuple(faults))


def _orphan_bridges(networks: Iterable[NetworkSnapshot], actual: ActualState) -> list[str]:
    """Return the bridges of removed networks that still have guests: those stay isolated."""
    desired = {network.bridge for network in networks}
    return sorted(
        resource.name
        for resource in actual.resources.values()
        if isinstance(resource, Bridge) and resource.guests and resource.name not in desired
    )
