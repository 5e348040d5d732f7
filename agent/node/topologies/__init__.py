"""How a network reaches a host: one file for each topology.

Each says which links of the operator's it needs and which of ours it makes of them.
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
