"""What is not cloudnet's among the links and addresses of a host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Interface
from socket import AF_INET, AF_INET6

from cloudnet.agent.drivers.links.addresses import is_ours
from cloudnet.agent.drivers.links.link_table import Link, LinkTable
from cloudnet.agent.drivers.links.ports import bridge_of
from cloudnet.agent.node.resources.actual import HostRange, Nic

SHORTEST_PREFIX = 8  # of a route; a shorter one is a default route by a link without gateways
GUEST_KINDS = frozenset({"tun", "veth", "macvtap"})  # links that hypervisors and containers create


def list_nics(links: LinkTable) -> Mapping[str, Nic]:
    """Return the links that are not ours, by name."""
    return {
        link.name: Nic(
            link.name,
            link.mac,
            link.mtu,
            link.kind,
            links.get_name(link.master),
            _list_ports(links, link),
            tuple(_list_uses(links, link)) if link.kind == "bridge" else (),
        )
        for link in links.links
        if link.network is None
    }


def _list_ports(links: LinkTable, bridge: Link) -> tuple[str, ...]:
    ports = links.ports.get(bridge.index, ()) if bridge.kind == "bridge" else ()
    # VLAN devices, too: find_refusal() distinguishes the network's from the operator's by name.
    own = (
        port.name
        for port in ports
        if port.network is None and port.kind not in GUEST_KINDS and bridge_of(port) != bridge.name
    )
    return tuple(sorted(own))


def _list_uses(links: LinkTable, bridge: Link) -> Iterator[str]:
    for address in links.addresses:
        if address.index == bridge.index and address.family == AF_INET6 and address.is_global:
            yield f"the address {address}"
    for link in links.links:
        if link.parent == bridge.index:
            yield f"{link.name} (a {link.kind or 'link'} on top of it)"


def list_host_ranges(links: LinkTable) -> list[HostRange]:
    """Return what the host reaches by addresses and routes that cloudnet did not add."""
    ranges = list(_list_addressed(links))
    known = {(each.device, each.network) for each in ranges}
    for route in links.routes:
        link = links.by_index.get(route.index)
        if link is None or link.network is not None or route.network.prefixlen < SHORTEST_PREFIX:
            continue
        if (link.name, route.network) not in known:
            bridge = links.get_name(link.master)
            ranges.append(HostRange(link.name, route.network, None, bridge))
    return ranges


def _list_addressed(links: LinkTable) -> Iterator[HostRange]:
    # Before Linux 5.18 the address of a bridge of ours has no mark.
    has_marks = any(address.protocol for address in links.addresses)
    for address in links.addresses:
        link = links.by_index.get(address.index)  # None: removed between the two dumps
        if link is None or address.family != AF_INET or is_ours(address):
            continue
        if has_marks or link.network is None:
            interface = IPv4Interface((address.packed, address.prefixlen))
            bridge = links.get_name(link.master)
            yield HostRange(link.name, interface.network, interface.ip, bridge)


def foreign_ports(bridge: Link, ports: Iterable[Link]) -> list[Link]:
    """Return the ports of the bridge that cloudnet did not put into it."""
    return [
        port
        for port in ports
        # A VLAN device without a network is ours, half created; VlanDriver checks it.
        if port.network is None and port.kind != "vlan" and bridge_of(port) != bridge.name
    ]
