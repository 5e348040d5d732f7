"""Networks: their addresses and their range, and one network beside another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model import vlans
from cloudnet.controller.model.consistency.finding import Finding, Row, Tables, find, set_columns

_OF_NETWORK = ("gateway", "dhcp_server", "vpn_private_address", "dhcp_start", "dhcp_end")


def check_networks(tables: Tables) -> Iterator[Finding]:
    """Return what contradicts in the rows of networks."""
    networks = tables["networks"]
    for network in networks:
        yield from _check_range(network)
        yield from _check_pool(network)
        yield from _check_topology(network)
    yield from _check_overlaps(networks)
    yield from _check_bridges(networks)
    yield from _check_host_ranges(networks, tables["host_ranges"])


def _check_range(network: Row) -> Iterator[Finding]:
    cidr = network["cidr"]
    for column, needed in (("netmask", cidr.netmask), ("broadcast", cidr.broadcast_address)):
        if network[column] != needed:
            problem = f"{network[column]} is not the {column} of {cidr}"
            remedy = set_columns("networks", network, **{column: needed})
            yield find("networks", network, column, problem, remedy)
    for column in _OF_NETWORK:
        address = network[column]
        if address is not None and not cidr[0] < address < cidr[-1]:
            problem = f"{address} is not an address of a host in {cidr}"
            remedy = f"give an address from {cidr[1]} to {cidr[-2]}, or correct cidr"
            yield find("networks", network, column, problem, remedy)


def _check_pool(network: Row) -> Iterator[Finding]:
    for column, source in (("pool_start", "dhcp_start"), ("pool_end", "dhcp_end")):
        needed = int(network[source]) - int(network["cidr"][0])
        if network["cidr"][0] < network[source] and network[column] != needed:
            problem = f"{network[column]} is not the offset of {source} {network[source]}: {needed}"
            remedy = set_columns("networks", network, **{column: needed})
            yield find("networks", network, column, problem, remedy)


def _check_topology(network: Row) -> Iterator[Finding]:
    if network["multi_host"] and network["host"] is not None:
        problem = f"{network['host']} is the gateway of a network on which each host is one"
        remedy = set_columns("networks", network, host=None)
        yield find("networks", network, "host", problem, remedy)
    if network["topology"] is not Topology.VLAN:
        return
    bridge = vlans.get_bridge(network["vlan"])
    if network["bridge"] != bridge:
        problem = f"{network['bridge']} is not the bridge of VLAN {network['vlan']}: {bridge}"
        remedy = set_columns("networks", network, bridge=bridge)
        yield find("networks", network, "bridge", problem, remedy)
    if network["bridge_interface"] is None:
        problem = "a VLAN network has no NIC that carries its tag"
        yield find("networks", network, "bridge_interface", problem, "name the NIC of its hosts")


def _check_overlaps(networks: Sequence[Row]) -> Iterator[Finding]:
    widest: Row | None = None  # of those before, the one that ends last
    for network in sorted(networks, key=lambda row: (row["cidr"][0], row["id"])):
        if widest is not None and widest["cidr"].overlaps(network["cidr"]):
            problem = f"{network['cidr']} overlaps {widest['cidr']} of network {widest['label']}"
            yield find(
                "networks", network, "cidr", problem, "set one of them back to its own range"
            )
        if widest is None or widest["cidr"][-1] < network["cidr"][-1]:
            widest = network


def _check_bridges(networks: Sequence[Row]) -> Iterator[Finding]:
    """Only flat networks, whose bridge is the operator's, may share one."""
    owners: dict[str, Row] = {}
    for network in networks:
        owner = owners.setdefault(network["bridge"], network)
        both_flat = network["topology"] is owner["topology"] is Topology.FLAT
        if owner is not network and not both_flat:
            problem = f"{network['bridge']} is the bridge of network {owner['label']}, too"
            yield find("networks", network, "bridge", problem, "give it a bridge of its own")


def _check_host_ranges(networks: Sequence[Row], ranges: Sequence[Row]) -> Iterator[Finding]:
    for network in networks:
        if network["topology"] is Topology.FLAT:
            continue  # the bridge and its addresses are the operator's
        for each in ranges:
            if each["device"] != network["bridge"] and each["cidr"].overlaps(network["cidr"]):
                problem = (
                    f"{network['cidr']} overlaps {each['cidr']} on {each['device']} of host "
                    f"{each['host']}"
                )
                remedy = "set cidr back, or take the range from the host"
                yield find("networks", network, "cidr", problem, remedy)
                break
