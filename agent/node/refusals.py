"""Pure: which networks a host must not have, and which bridges carry the host's own traffic.

What is the operator's comes first: a network that would take a link or an address of the host's own
gets no link, no address and no rule.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from ipaddress import IPv4Interface, IPv4Network

from cloudnet.agent.node.resources.actual import ActualState, HostRange, Nic
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.urls import list_hosts
from cloudnet.common.wire.objects import NetworkSnapshot, Topology

_BYTE = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = re.compile(rf"{_BYTE}(\.{_BYTE}){{3}}")


def find_refusal(
    network: NetworkSnapshot, actual: ActualState, flat_bridges: Container[str] = ()
) -> str | None:
    """Return why the host must not have the network; None: it may.

    :param flat_bridges: of flat networks
    """
    if network.topology is Topology.FLAT:
        return _refuse_ours(network, actual)
    overlap = find_overlap(network, actual)
    if overlap is not None and not _has_network(network, actual):
        return explain_overlap(network, overlap)
    link = actual.nics.get(network.bridge)
    if link is None:
        return _refuse_occupied(network, actual)
    if network.bridge in flat_bridges:
        return (
            f"bridge {network.bridge} is the operator's, of a flat network; give this network "
            "another bridge"
        )
    return _refuse_link(network, link, actual)


def _refuse_ours(network: NetworkSnapshot, actual: ActualState) -> str | None:
    """Return why a flat network cannot have its bridge; None: the bridge is not cloudnet's."""
    ours = actual.resources.get(f"bridge {network.bridge}")
    if not isinstance(ours, Bridge):
        return None
    return (
        f"bridge {ours.name} is cloudnet's, of network {ours.network}; give this network a bridge "
        "of the operator's"
    )


def _refuse_occupied(network: NetworkSnapshot, actual: ActualState) -> str | None:
    """Return which guests of another network are in a bridge of ours; None: there are none."""
    ours = actual.resources.get(f"bridge {network.bridge}")
    if not isinstance(ours, Bridge) or ours.network == network.network or not ours.guests:
        return None
    return (
        f"bridge {ours.name} still has {', '.join(ours.guests)} of network {ours.network}; it can "
        "serve this network when they are gone"
    )


def find_overlap(network: NetworkSnapshot, actual: ActualState) -> HostRange | None:
    """Return what the host reaches by another link under addresses of the network's range."""
    if network.topology is Topology.FLAT:
        return None  # the agent adds no address
    first, last = int(network.cidr[0]), int(network.cidr[-1])
    return next(
        (
            each
            for start, end, each in actual.range_bounds
            if start <= last and first <= end and network.bridge not in each.devices
        ),
        None,
    )


def explain_overlap(network: NetworkSnapshot, overlap: HostRange) -> str:
    """Return the fault of a network and what it overlaps."""
    return (
        f"its range {network.cidr} overlaps {overlap}, which is not cloudnet's; give the network "
        "another range"
    )


def list_brokers(transport_url: str) -> tuple[HostRange, ...]:
    """Return the addresses of brokers in a transport URL; those that are names are left out.

    The agent would lose the controller for good if a bridge of its own led to them.
    """
    return tuple(
        HostRange("", IPv4Network(address), None, label=f"the broker's address {address}")
        for address in list_hosts(transport_url)
        if _ADDRESS.fullmatch(address)
    )


def _has_network(network: NetworkSnapshot, actual: ActualState) -> bool:
    """Return whether the host has the network already: to take it away would cut its guests off."""
    bridge = actual.resources.get(f"bridge {network.bridge}")
    if not isinstance(bridge, Bridge) or bridge.network != network.network:
        return False
    if network.host_address is None:
        return True
    interface = IPv4Interface(f"{network.host_address}/{network.cidr.prefixlen}")
    return Address(network.bridge, interface).key in actual.resources


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
    carried = [
        *map(str, _own_addresses(link.name, (network.cidr,), actual)),
        *map(str, _own_routes(link.name, network.cidr, actual)),
        *link.uses,
    ]
    if carried:
        return (
            f"bridge {link.name} exists, is not cloudnet's and carries "
            f"{', '.join(carried)}; give the network another bridge"
        )
    return None


def _own_routes(bridge: str, cidr: IPv4Network, actual: ActualState) -> list[HostRange]:
    """Return what the host reaches by a bridge on which it has no address for that."""
    return [
        each
        for each in actual.host_ranges
        if bridge in each.devices and each.address is None and not each.network.subnet_of(cidr)
    ]


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
