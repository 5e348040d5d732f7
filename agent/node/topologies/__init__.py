"""How a network reaches a host: one file for each topology.

Each names the operator's links that a network needs, and renders the links of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.topologies import flat, flatdhcp, vlan
from cloudnet.agent.node.topologies.links import Links
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import NetworkSnapshot, Topology


class TopologyRenderer(Protocol):
    """What each module of this package has."""

    def required_devices(
        self, network: NetworkSnapshot, settings: AgentSettings
    ) -> tuple[str, ...]:
        """Return the names of the operator's links that the network needs."""

    def render_links(
        self, network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
    ) -> Links | None:
        """Return the links of the network; None: the operator provides them.

        :raises CannotRender: the host lacks something that the network needs
        """


TOPOLOGIES: Mapping[Topology, TopologyRenderer] = {
    Topology.FLAT: flat,
    Topology.FLATDHCP: flatdhcp,
    Topology.VLAN: vlan,
}
