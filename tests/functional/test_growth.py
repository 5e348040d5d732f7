"""The cost of a resource does not grow with the host: requests to the kernel are counted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

import pytest

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.addresses import AddressDriver
from cloudnet.agent.drivers.links.bridges import BridgeDriver
from cloudnet.agent.drivers.links.link_table import Link, LinkAddress, LinkTable
from cloudnet.agent.drivers.links.netlink import Netlink
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.public_address import PublicAddress
from tests.fixtures.agent.host import Host

BRIDGE = Bridge("br0", "11111111-1111-1111-1111-111111111111", "fa:16:3e:00:01:00", 1500)


@dataclass(frozen=True)
class Cost:
    """What a driver asked of the kernel."""

    requests: int
    answers: int  # links and addresses in the answers


class CountingNetlink(Netlink):
    """Counts requests, and what their answers contain."""

    def __init__(self) -> None:
        super().__init__()
        self._requests = self._answers = 0

    def take_cost(self) -> Cost:
        """Return the cost since the last call."""
        cost = Cost(self._requests, self._answers)
        self._requests = self._answers = 0
        return cost

    def read_links(self) -> LinkTable:
        table = super().read_links()
        self._count(len(table.links))
        return table

    def get_link(self, name: str) -> Link | None:
        self._count(1)
        return super().get_link(name)

    def list_ports(self, bridge: int) -> list[Link]:
        ports = super().list_ports(bridge)
        self._count(len(ports))
        return ports

    def list_addresses(self, index: int = 0) -> list[LinkAddress]:
        addresses = super().list_addresses(index)
        self._count(len(addresses))
        return addresses

    def change_link(self, verb: str, **attributes: object) -> None:
        self._count(0)
        super().change_link(verb, **attributes)

    def change_address(self, verb: str, **attributes: object) -> None:
        self._count(0)
        super().change_address(verb, **attributes)

    def _count(self, answers: int) -> None:
        self._requests += 1
        self._answers += answers


@pytest.fixture
def netlink(host: Host) -> CountingNetlink:
    host.nic("eth1")
    return CountingNetlink()


# Any: drivers of several kinds
def ensure(netlink: CountingNetlink, driver: Driver[Any], resources: Sequence[Resource]) -> Cost:
    """Ensure resources that do not exist yet, after a read as in each pass."""
    list(driver.read(netlink.read_links()))
    netlink.take_cost()
    for resource in resources:
        driver.ensure(resource, None)
    return netlink.take_cost()


def remove(netlink: CountingNetlink, driver: Driver[Any], resources: Sequence[Resource]) -> Cost:
    netlink.take_cost()
    for resource in resources:
        driver.remove(resource)
    return netlink.take_cost()


def bridges(first: int, number: int) -> list[Bridge]:
    return [replace(BRIDGE, name=f"br{n}") for n in range(first, first + number)]


def test_a_floating_ip_among_a_thousand_costs_what_the_first_one_costs(
    netlink: CountingNetlink,
) -> None:
    driver = AddressDriver(netlink, lambda address: None)
    first = IPv4Address("198.18.0.0")
    addresses = [PublicAddress("eth1", first + n) for n in range(1000)]

    costs = [
        ensure(netlink, driver, addresses[start : start + 100]) for start in range(0, 1000, 100)
    ]

    assert costs == [costs[0]] * 10
    assert costs[0].requests <= 2 * 100
    assert set(addresses) <= set(driver.read(netlink.read_links()))
    removals = [
        remove(netlink, driver, addresses[start : start + 100]) for start in range(0, 1000, 100)
    ]
    assert removals == [removals[0]] * 10


def test_a_bridge_among_two_hundred_costs_what_the_first_one_costs(
    netlink: CountingNetlink,
) -> None:
    driver = BridgeDriver(netlink)

    costs = [ensure(netlink, driver, bridges(start, 20)) for start in range(0, 200, 20)]

    assert costs == [costs[0]] * 10
    assert costs[0].requests <= 3 * 20
    assert set(bridges(0, 200)) <= set(driver.read(netlink.read_links()))
    removals = [remove(netlink, driver, bridges(start, 20)) for start in range(0, 200, 20)]
    assert removals == [removals[0]] * 10


def test_the_address_of_a_bridge_among_two_hundred_costs_what_the_first_one_costs(
    netlink: CountingNetlink,
) -> None:
    for bridge in bridges(0, 200):
        BridgeDriver(netlink).ensure(bridge, None)
    driver = AddressDriver(netlink, lambda address: None)
    addresses = [Address(f"br{n}", IPv4Interface(f"10.{n}.0.1/24")) for n in range(200)]

    costs = [ensure(netlink, driver, addresses[start : start + 20]) for start in range(0, 200, 20)]

    # A bridge may or may not have its link-local IPv6 address by now.
    assert {cost.requests for cost in costs} == {3 * 20}
    assert all(cost.answers <= 2 * 20 for cost in costs)
