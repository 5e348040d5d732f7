"""FlatDHCP: a bridge of ours, with a NIC of the operator's as its port, or with none."""

from __future__ import annotations

from collections.abc import Mapping

from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.port import Port
from cloudnet.agent.node.topologies.links import Links, bridge_over, require_nic
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import NetworkSnapshot

DEFAULT_MTU = 1500  # of a bridge without a NIC


def required_devices(network: NetworkSnapshot, settings: AgentSettings) -> tuple[str, ...]:
    """Return the NIC that is the bridge's port, if one is configured."""
    nic = _nic_name(network, settings)
    return () if nic is None else (nic,)


def render_links(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> Links | None:
    """Return the bridge and its port."""
    name = _nic_name(network, settings)
    if name is None:
        mtu = network.mtu or DEFAULT_MTU
        return Links(Bridge(network.bridge, network.network, _derive_mac(network), mtu), None)
    bridge = bridge_over(network, require_nic(name, nics))
    return Links(bridge, Port(name, network.bridge))


def _nic_name(network: NetworkSnapshot, settings: AgentSettings) -> str | None:
    return settings.flat_interface or network.bridge_interface


def _derive_mac(network: NetworkSnapshot) -> str:
    """Return a locally administered MAC that is the same after every restart."""
    tail = network.network.replace("-", "")[-10:]
    return ":".join(["02", *(tail[i : i + 2] for i in range(0, 10, 2))])
