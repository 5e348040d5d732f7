"""VLAN: a bridge of ours, with an 802.1Q device above a NIC of the operator's as its port."""

from __future__ import annotations

from collections.abc import Mapping

from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.agent.node.topologies.links import CannotRender, Links, bridge_over, require_nic
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import NetworkSnapshot


def required_devices(network: NetworkSnapshot, settings: AgentSettings) -> tuple[str, ...]:
    """Return the NIC that carries the tagged frames."""
    parent = _parent_name(network, settings)
    return () if parent is None else (parent,)


def render_links(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> Links | None:
    """Return the bridge and its VLAN device."""
    parent = _parent_name(network, settings)
    if parent is None:
        raise CannotRender("no NIC is named for its tagged frames; set vlan_interface")
    if network.vlan is None:
        raise CannotRender("it has no VLAN id; recreate the network")
    bridge = bridge_over(network, require_nic(parent, nics))
    vlan = Vlan(
        f"vlan{network.vlan}",
        network.network,
        parent,
        network.vlan,
        bridge.mtu,
        network.bridge,
    )
    return Links(bridge, vlan)


def _parent_name(network: NetworkSnapshot, settings: AgentSettings) -> str | None:
    return settings.vlan_interface or network.bridge_interface
