"""Pure: the arguments that dnsmasq serves with while it refuses the desired ones."""

from __future__ import annotations

from dataclasses import replace

from cloudnet.agent.node.render_network import NetworkResources, RenderFault
from cloudnet.agent.node.resources.base import Resources
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq
from cloudnet.common.wire.objects import NetworkSnapshot


def keep_former_arguments(
    network: NetworkSnapshot, rendered: NetworkResources, actual: Resources
) -> NetworkResources:
    """Return what the network needs, with the arguments that serve in place of refused ones.

    All else of the network is applied, new guests as well, so it is in sync, with a fault.
    """
    key = f"dnsmasq {network.bridge}"
    desired, found = rendered.resources.get(key), actual.get(key)
    if not isinstance(desired, Dnsmasq) or not isinstance(found, Dnsmasq):
        return rendered
    refusal = found.refusal
    if refusal is None or refusal.arguments != desired.arguments:
        return rendered
    kept = replace(desired, arguments=refusal.former, refusal=refusal)
    fault = RenderFault(network.network, key, refusal.why)
    return replace(
        rendered,
        resources={**rendered.resources, key: kept},
        other_faults=(*rendered.other_faults, fault),
    )
