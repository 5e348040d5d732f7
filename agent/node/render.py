"""Desired state in the controller's terms → resources of this host.

Each network is rendered by itself, and again only when its snapshot or a NIC that it needs
changes. If the host lacks something (a NIC), that is a fault of the network: what exists of the
network is left as it is, and all other networks are rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloudnet.agent.firewall.renderer import Firewall, FirewallRenderer
from cloudnet.agent.node.render_network import NetworkRenderer, NetworkResources, RenderFault
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.base import Resource, Resources, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import FixedRanges, NetworkSnapshot


@dataclass(frozen=True)
class Rendered:
    """What a host should have."""

    resources: Resources
    networks: Mapping[str, Resources]  # by uuid: what the network needs to be in sync…
    shared: frozenset[str] = frozenset()  # …besides the resources with these keys
    preserved: frozenset[str] = frozenset()  # bridges of networks that the host cannot have now
    faults: tuple[RenderFault, ...] = ()


class Renderer:
    """Renders the networks of one host, and keeps each result until an input of it changes."""

    def __init__(self, settings: AgentSettings, firewall: FirewallRenderer) -> None:
        self._settings = settings
        self._firewall = firewall
        self._renderers: dict[str, NetworkRenderer] = {}  # by network uuid

    def render(
        self, networks: Iterable[NetworkSnapshot], ranges: FixedRanges, actual: ActualState
    ) -> Rendered:
        """Return what a host in the actual state should have for these networks."""
        ordered = sorted(networks, key=lambda network: network.network)
        self._renderers = {network.network: self._renderer(network) for network in ordered}
        parts = [
            (network, self._renderers[network.network].render(network, actual.nics))
            for network in ordered
        ]
        # Rules name bridges and addresses, not NICs, so they do not depend on the host's NICs.
        firewall = self._firewall.render(ordered, ranges, _orphan_bridges(ordered, actual))
        return _merge(parts, firewall)

    def _renderer(self, network: NetworkSnapshot) -> NetworkRenderer:
        known = self._renderers.get(network.network)
        return known or NetworkRenderer(network, self._settings)


def _merge(
    parts: Sequence[tuple[NetworkSnapshot, NetworkResources]], firewall: Firewall
) -> Rendered:
    """Return the networks' resources as one host's; of two with one key the first one wins."""
    resources: dict[str, Resource] = {}
    networks: dict[str, Resources] = {}
    preserved: set[str] = set()
    faults: list[RenderFault] = []
    for network, rendered in parts:
        fault = rendered.fault or _find_conflict(network, rendered.resources, resources)
        if fault is not None:
            faults.append(fault)
            preserved.add(network.bridge)
        else:
            resources |= rendered.resources
            networks[network.network] = rendered.resources
    tables = by_key(*firewall.tables)
    resources |= tables | by_key(*firewall.nat_mappings)
    for _, rendered in parts:
        resources |= rendered.floating_ips
        faults += rendered.floating_ip_faults
    return Rendered(resources, networks, frozenset(tables), frozenset(preserved), tuple(faults))


def _find_conflict(
    network: NetworkSnapshot, own: Resources, others: Resources
) -> RenderFault | None:
    """Return a fault if another network has resources under the same keys; None: none has."""
    taken = sorted(key for key in own.keys() & others.keys() if own[key] != others[key])
    if not taken:
        return None
    why = f"another network has {', '.join(taken)} on this host; give one of them another bridge"
    return RenderFault(network.network, f"network {network.label}", why)


def _orphan_bridges(networks: Iterable[NetworkSnapshot], actual: ActualState) -> list[str]:
    """Return the bridges of removed networks that still have guests: those stay isolated."""
    desired = {network.bridge for network in networks}
    return sorted(
        resource.name
        for resource in actual.resources.values()
        if isinstance(resource, Bridge) and resource.guests and resource.name not in desired
    )
