"""Pure: the public interface of a host on which the configured one does not exist.

A wrong ``public_interface`` must not take floating IPs and NAT from the NIC that has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cloudnet.agent.node.render_network import RenderFault
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.agent.node.topologies.links import describe_missing
from cloudnet.common.wire.objects import NetworkSnapshot


def find_former(
    configured: str | None, networks: Iterable[NetworkSnapshot], actual: ActualState
) -> str | None:
    """Return the only NIC that has floating IPs of the public interface, if that does not exist."""
    if configured is None or configured in actual.nics:
        return None
    desired = {
        ip.address for network in networks for ip in network.floating_ips if ip.interface is None
    }
    devices = {
        each.device
        for each in actual.resources.values()
        if isinstance(each, PublicAddress) and each.address in desired
    }
    former = sorted(devices & actual.nics.keys())
    return former[0] if len(former) == 1 else None


def list_faults(
    configured: str, former: str, networks: Sequence[NetworkSnapshot], actual: ActualState
) -> Iterator[RenderFault]:
    """Yield a fault for each network with floating IPs, or for one network if none has any."""
    why = (
        f"{describe_missing(configured, actual.nics)}; {former}, which has or had them, stays the "
        "public interface; correct public_interface"
    )
    concerned = [each for each in networks if any(ip.interface is None for ip in each.floating_ips)]
    for network in concerned or networks[:1]:
        yield RenderFault(network.network, f"floating IPs of network {network.label}", why)
