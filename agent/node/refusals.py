"""Pure: which networks a host must not have, and which bridges carry the host's own traffic.

What is the operator's comes first: a network that would take a link or an address of the host's own
gets no link, no address and no rule.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from ipaddress import IPv4Network

from cloudnet.agent.node.resources.actual import ActualState, HostRange, Nic
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.wire.objects import NetworkSnapshot, Topology


def find_refusal(
    network: NetworkSnapshot, actual: ActualState, flat_bridges: Container[str] = ()
) -> str | None:
    """Return why the host must not have the network; None: it may.

    :param flat_bridges: of flat networks
    """
    ours = actual.resources.get(f"bridge {network.bridge}")
    if network.topology is Topology.FLAT:
        if not isinstance(ours, Bridge):
            return None  # the bridge is the operator's
        return (
            f"bridge {ours.name} is cloudnet's, of network {ours.network}; give this network a "
            "bridge of the operator's"
        )
    operators = actual.nics.get(network.bridge)
    if operators is not None and network.bridge in flat_bridges:
        return (
            f"bridge {network.bridge} is the operator's, of a flat network; give this network "
            "another bridge"
        )
    if operators is not None:
        return _refuse_link(network, operators, actual)
    if isinstance(ours, Bridge) and ours.network != network.network and ours.guests:
        return (
            f"bridge {ours.name} still has {', '.join(ours.guests)} of network {ours.network}; "
            "it can serve this network when they are gone"
        )
    return None


def _refuse_link(network: NetworkSnapshot, link: Nic, actual: ActualState) -> str | None:
    """Return why a link that has the name of the network's bridge cannot become it.

    A bridge with nothing but guests is nova-network's, or one of ours that was half created.
    """
    if link.kind != "bridge":
        return (
            f"{link.name} exists and is no bridge but {link.kind or 'a NIC'}; rename it "
            f"(ip link set {link.name} name …), or give the network another bridge"
        )
    own = set(link.ports) - {f"vlan{network.vlan}"}
    if own:
        return (
            f"bridge {link.name} exists, is not cloudnet's and has {', '.join(sorted(own))}; take "
            f"them out (ip link set {min(own)} nomaster), or give the network another bridge"
        )
    carried = _own_addresses(link.name, (network.cidr,), actual)
    if carried:
        return (
            f"bridge {link.name} exists, is not cloudnet's and carries "
            f"{', '.join(map(str, carried))}; give the network another bridge"
        )
    return None


def find_exposed(
    networks: Iterable[NetworkSnapshot], orphans: Iterable[str], actual: ActualState
) -> Mapping[str, list[HostRange]]:
    """Return the bridges that carry the host's own addresses, with these.

    :param orphans: bridges without networks
    """
    carrying = {device for each in actual.host_ranges for device in each.devices}
    cidrs: dict[str, list[IPv4Network]] = {name: [] for name in orphans if name in carrying}
    for network in networks:
        if network.bridge in carrying:
            cidrs.setdefault(network.bridge, []).append(network.cidr)
    found = {name: _own_addresses(name, own, actual) for name, own in cidrs.items()}
    return {name: carried for name, carried in found.items() if carried}


def _own_addresses(
    bridge: str, cidrs: Iterable[IPv4Network], actual: ActualState
) -> list[HostRange]:
    """Return the host's addresses that are reached by a bridge, outside of its networks."""
    return [
        each
        for each in actual.host_ranges
        if bridge in each.devices
        and each.address is not None
        and not any(each.address in cidr for cidr in cidrs)
    ]
