"""Which networks a host must not have, since they would take what is the host's own."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network
from typing import Any

import pytest

from cloudnet.agent.node.refusals import (
    find_exposed,
    find_overlap,
    find_refusal,
    list_brokers,
)
from cloudnet.agent.node.resources.actual import ActualState, HostRange, Nic
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.wire.objects import NetworkSnapshot, Topology
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, bridged_only, network

MAC = "02:00:00:00:01:00"
BR100 = Bridge("br100", PRIVATE, MAC, 1500)
ADDRESS = Address("br100", IPv4Interface("10.0.0.1/22"))
FLAT = network(topology=Topology.FLAT, vlan=None)


def host(
    *resources: Resource, nics: tuple[Nic, ...] = (), ranges: tuple[HostRange, ...] = ()
) -> ActualState:
    return ActualState(by_key(*resources), {nic.name: nic for nic in nics}, ranges)


def on(device: str, interface: str, **more: Any) -> HostRange:
    parsed = IPv4Interface(interface)
    return HostRange(device, parsed.network, parsed.ip, **more)


def bridge(*ports: str, kind: str | None = "bridge") -> Nic:
    return Nic("br100", MAC, 1500, kind, ports=ports)


@pytest.mark.parametrize(
    "actual",
    [
        host(),
        host(BR100, ADDRESS),
        host(ranges=(on("eth1", "192.0.2.10/24"),)),
        host(nics=(bridge(),)),  # nova-network's, or half created
        host(nics=(bridge("vlan100"),)),
        host(nics=(bridge(),), ranges=(on("br100", "10.0.0.1/22"),)),
        host(Bridge("br100", OTHER, MAC, 1500)),  # left by a network that is gone
        host(BR100, ADDRESS, ranges=(on("eth1", "10.0.0.9/24"),)),  # it came later
    ],
)
def test_a_host_may_have_a_network_that_takes_nothing_of_its_own(actual: ActualState) -> None:
    assert find_refusal(network(), actual) is None


@pytest.mark.parametrize(
    ("snapshot", "actual", "why"),
    [
        (
            network(),
            host(ranges=(on("eth1", "10.0.2.9/24"),)),
            (
                "its range 10.0.0.0/22 overlaps the address 10.0.2.9/24 on eth1, which is not "
                "cloudnet's; give the network another range"
            ),
        ),
        (
            network(),
            host(ranges=(HostRange("eth1", IPv4Network("10.0.0.0/8"), None),)),
            (
                "its range 10.0.0.0/22 overlaps the route to 10.0.0.0/8 on eth1, which is not "
                "cloudnet's; give the network another range"
            ),
        ),
        (
            network(),  # the bridge is there, but not yet the address
            host(BR100, ranges=(on("eth1", "10.0.2.9/24"),)),
            (
                "its range 10.0.0.0/22 overlaps the address 10.0.2.9/24 on eth1, which is not "
                "cloudnet's; give the network another range"
            ),
        ),
        (
            network(),
            host(nics=(bridge(kind=None),)),
            (
                "br100 exists and is no bridge but a NIC; rename it (ip link set br100 name …), or "
                "give the network another bridge"
            ),
        ),
        (
            network(),
            host(nics=(bridge(kind="bond"),)),
            (
                "br100 exists and is no bridge but bond; rename it (ip link set br100 name …), or "
                "give the network another bridge"
            ),
        ),
        (
            network(),
            host(nics=(bridge("vlan100", "eth3", "eth2"),)),
            (
                "bridge br100 exists, is not cloudnet's and has eth2, eth3; take them out (ip link "
                "set eth2 nomaster), or give the network another bridge"
            ),
        ),
        (
            network(),
            host(nics=(bridge(),), ranges=(on("br100", "192.0.2.10/24"),)),
            (
                "bridge br100 exists, is not cloudnet's and carries the address 192.0.2.10/24 on "
                "br100; give the network another bridge"
            ),
        ),
        (
            network(),
            host(Bridge("br100", OTHER, MAC, 1500, guests=("tap1", "tap2"))),
            (
                f"bridge br100 still has tap1, tap2 of network {OTHER}; it can serve this network "
                "when they are gone"
            ),
        ),
        (
            FLAT,
            host(BR100),
            (
                f"bridge br100 is cloudnet's, of network {PRIVATE}; give this network a bridge of "
                "the operator's"
            ),
        ),
    ],
)
def test_what_is_the_hosts_own_is_not_taken_and_the_remedy_is_named(
    snapshot: NetworkSnapshot, actual: ActualState, why: str
) -> None:
    assert find_refusal(snapshot, actual) == why


def test_the_bridge_of_a_flat_network_is_given_to_no_other() -> None:
    actual = host(nics=(bridge(),))

    assert find_refusal(network(), actual, {"br100"}) == (
        "bridge br100 is the operator's, of a flat network; give this network another bridge"
    )
    assert find_refusal(network(), actual, {"br101"}) is None


def test_a_network_that_is_only_bridged_here_stays_without_an_address() -> None:
    actual = host(BR100, ranges=(on("eth1", "10.0.2.9/24"),))

    assert find_refusal(bridged_only(), actual) is None


@pytest.mark.parametrize(
    ("range_", "overlaps"),
    [
        (on("eth1", "10.0.4.0/22"), False),
        (on("eth1", "10.0.3.255/32"), True),
        (on("eth1", "10.0.0.0/32"), True),
        (on("eth1", "9.255.255.255/32"), False),
        (on("eth1", "10.0.0.0/8"), True),
        (on("br100", "10.0.0.9/24"), False),  # by the network's own bridge
        (on("eth1", "10.0.0.9/24", bridge="br100"), False),
        (on("eth1", "10.0.0.9/24", bridge="br1"), True),
    ],
)
def test_a_range_is_in_use_if_another_link_leads_to_one_of_its_addresses(
    range_: HostRange, overlaps: bool
) -> None:
    assert find_overlap(network(), host(ranges=(range_,))) == (range_ if overlaps else None)


def test_the_range_of_a_flat_network_may_be_the_hosts_own() -> None:
    actual = host(nics=(bridge(),), ranges=(on("eth1", "10.0.0.9/24"),))

    assert find_overlap(FLAT, actual) is None
    assert find_refusal(FLAT, actual) is None


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("rabbit://guest:guest@10.0.0.5:5672/", ["10.0.0.5"]),
        ("rabbit://10.0.0.5/", ["10.0.0.5"]),
        ("rabbit://10.0.0.5", ["10.0.0.5"]),
        ("rabbit://a:b@10.0.0.5:5672,a:b@10.0.0.6:5672/nova", ["10.0.0.5", "10.0.0.6"]),
        ("rabbit://10.0.0.5,10.0.0.6:5672/", ["10.0.0.5", "10.0.0.6"]),
        ("rabbit://a:b@broker.example:5672/", []),
        ("rabbit://a:10.0.0.5@broker:5672/", []),  # a password
        ("rabbit://a:b@10.0.0.5.example:5672/", []),
        ("rabbit://a:b@[2001:db8::1]:5672/", []),
        ("fake://", []),
    ],
)
def test_the_addresses_of_brokers_are_those_in_the_url(url: str, addresses: list[str]) -> None:
    brokers = list_brokers(url)

    assert [str(broker.network.network_address) for broker in brokers] == addresses
    assert [str(broker) for broker in brokers] == [
        f"the broker's address {address}" for address in addresses
    ]


def test_a_network_over_the_address_of_the_broker_is_refused() -> None:
    actual = host(ranges=list_brokers("rabbit://a:b@10.0.0.5:5672/"))

    assert find_refusal(network(), actual) == (
        "its range 10.0.0.0/22 overlaps the broker's address 10.0.0.5, which is not cloudnet's; "
        "give the network another range"
    )


def test_a_bridge_is_exposed_by_addresses_outside_of_its_networks() -> None:
    own, foreign = on("br100", "10.0.0.1/22"), on("br100", "192.0.2.10/24")
    port = on("eth1", "198.51.100.1/24", bridge="br101")
    orphan = on("br9", "203.0.113.1/24")
    route = HostRange("br100", IPv4Network("172.16.0.0/12"), None)
    actual = host(ranges=(own, foreign, port, orphan, route))

    exposed = find_exposed([network(), network(OTHER)], ["br9", "br8"], actual)

    assert exposed == {"br100": [foreign], "br101": [port], "br9": [orphan]}


def test_no_bridge_is_exposed_by_the_address_of_its_own_network() -> None:
    actual = host(ranges=(on("br100", "10.0.0.1/22"), on("eth1", "192.0.2.10/24")))

    assert find_exposed([network()], [], actual) == {}
