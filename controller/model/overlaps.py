"""Pure: which ranges are refused because hosts, the broker or the database have addresses there."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from cloudnet.common.errors import CidrConflict
from cloudnet.common.wire.objects import ReportedRange, Topology
from cloudnet.controller.model.network_request import PlannedNetwork

Peers = list[tuple[str, IPv4Address]]  # what has the address, and the address


def refuse_overlaps(
    planned: Iterable[PlannedNetwork], hosts: Iterable[tuple[str, ReportedRange]], peers: Peers
) -> None:
    """Refuse networks that would take the way to a host, to the broker or to the database.

    :param hosts: what hosts reach by links of their own, each with its host
    :raises CidrConflict: names the network and what it overlaps
    """
    reported = list(hosts)
    for network in planned:
        if network.columns["topology"] is Topology.FLAT:
            continue  # the bridge and its addresses are the operator's
        found = _find_peer(network, peers) or _find_range(network, reported)
        if found is not None:
            raise CidrConflict(
                f"network {network.columns['label']}: its range {network.cidr} overlaps {found}; "
                "give another range"
            )


def _find_peer(network: PlannedNetwork, peers: Peers) -> str | None:
    return next((what for what, address in peers if address in network.cidr), None)


def _find_range(network: PlannedNetwork, hosts: list[tuple[str, ReportedRange]]) -> str | None:
    for host, each in hosts:
        # A bridge of nova-network's has the network's address before cloudnet takes it over.
        if each.device != network.columns["bridge"] and each.network.overlaps(network.cidr):
            address = each.address or each.network.network_address
            return f"{address}/{each.network.prefixlen} on {each.device} of host {host}"
    return None
