"""Fixed addresses: reserved, put back into the pool, counted."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from cloudnet.common.errors import FixedIpAlreadyInUse, FixedIpNotFoundForAddress
from tests.fixtures.controller.world import World

THIRD = IPv4Address("10.0.0.3")


def test_a_reserved_address_is_not_allocated(world: World) -> None:
    world.network()

    world.services.fixed.reserve(THIRD)
    world.services.fixed.reserve(THIRD)

    assert world.address(1) == "10.0.0.4"


def test_an_address_in_use_cannot_be_reserved(world: World) -> None:
    world.network()
    world.boot(1)

    with pytest.raises(FixedIpAlreadyInUse, match=r"10\.0\.0\.3"):
        world.services.fixed.reserve(THIRD)


def test_an_unreserved_address_is_allocated_again(world: World) -> None:
    world.network(size=8)
    world.services.fixed.reserve(THIRD)
    others = {world.address(number) for number in range(4, 7)}

    world.services.fixed.unreserve(THIRD)

    assert others == {"10.0.0.4", "10.0.0.5", "10.0.0.6"}
    assert world.address(3) == "10.0.0.3"


def test_the_networks_own_addresses_stay_reserved(world: World) -> None:
    world.network()

    for own in ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.15"):
        with pytest.raises(FixedIpNotFoundForAddress):
            world.services.fixed.unreserve(IPv4Address(own))


def test_an_address_of_no_network_cannot_be_reserved(world: World) -> None:
    with pytest.raises(FixedIpNotFoundForAddress, match="no network contains"):
        world.services.fixed.reserve(IPv4Address("8.8.8.8"))


def test_usage_counts_the_pool(world: World) -> None:
    world.network(size=16)  # pool .3 to .14
    world.services.fixed.reserve(IPv4Address("10.0.0.9"))
    world.boot(1)
    world.boot(2)
    world.delete(2)

    (usage,) = world.services.fixed.list_usage()

    assert (usage.total, usage.used, usage.reserved, usage.free) == (12, 2, 5, 9)
    assert (usage.label, str(usage.cidr)) == ("private", "10.0.0.0/28")


def test_the_list_names_host_and_project_of_each_address(world: World) -> None:
    world.network()
    world.boot(1, host="node2")

    rows = [row for row in world.services.fixed.list_fixed_ips("node2") if row.instance_uuid]

    assert [(str(row.address), row.host, row.project_id) for row in rows] == [
        ("10.0.0.3", "node2", "a")
    ]
