"""Flat: guests are in a bridge of the operator's, and the agent adds nothing to it."""

from __future__ import annotations

from collections.abc import Mapping

from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.topologies.links import Links, require_nic
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import NetworkSnapshot


def required_devices(network: NetworkSnapshot, settings: AgentSettings) -> tuple[str, ...]:
    """Return the operator's bridge."""
    return (network.bridge,)


def render_links(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> Links | None:
    """Check that the operator's bridge exists."""
    require_nic(network.bridge, nics, "bridge")
    return None
