"""Which addresses an instance gets, and what is refused."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import (
    BadRequest,
    FixedIpAlreadyInUse,
    FixedIpLimitExceeded,
    FixedIpNotFoundForNetwork,
    NoMoreFixedIps,
    VirtualInterfaceCreateException,
)
from tests.fixtures.controller.world import (
    World,
    a_world,
    addresses,
    flat_settings,
)


def test_the_first_guest_of_a_vlan_network_gets_the_address_after_gateway_and_vpn(
    world: World,
) -> None:
    world.network(cidr=IPv4Network("10.0.0.0/24"), size=256)

    assert world.address(1) == "10.0.0.3"
    assert world.address(2) == "10.0.0.4"


def test_an_instance_of_a_project_with_two_networks_has_two_vifs(world: World) -> None:
    world.network("one", project="a")
    world.network("two", project="a")

    assert [vif["network"]["label"] for vif in world.boot(1)] == ["one", "two"]


def test_allocating_twice_returns_what_the_instance_has(world: World) -> None:
    world.network()
    first = world.boot(1)

    again = world.boot(1)

    assert again == first
    assert world.one("SELECT count(*) FROM virtual_interfaces") == 1


def test_allocating_again_adds_the_requested_networks_that_are_missing(world: World) -> None:
    one = world.network("one", project="a")
    two = world.network("two", project="a")
    before = world.boot(1, "a", "node1", (one, None))

    after = world.boot(1, "a", "node1", (one, None), (two, "10.0.0.20"))

    assert addresses(after) == [*addresses(before), "10.0.0.20"]
    assert addresses(world.boot(1)) == addresses(after)


def test_another_address_on_the_same_network_is_refused(world: World) -> None:
    network = world.network(project="a")
    world.boot(1, "a", "node1", (network, "10.0.0.5"))

    with pytest.raises(BadRequest, match=r"has 10\.0\.0\.5 on network private"):
        world.boot(1, "a", "node1", (network, "10.0.0.6"))


def test_an_instance_cannot_change_its_project(world: World) -> None:
    world.network()
    world.boot(1, "a")

    with pytest.raises(BadRequest, match="belongs to project a"):
        world.boot(1, "b")


def test_a_full_network_leaves_no_row_on_the_others(world: World) -> None:
    world.network("roomy", project="a")
    world.network("tight", size=8, project="a")
    for number in range(4):
        world.boot(number)

    with pytest.raises(NoMoreFixedIps, match=r"tight \(10\.0\.0\.16/29\)"):
        world.boot(9)

    assert world.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 8
    assert world.one("SELECT count(*) FROM instances") == 4


def test_a_released_address_is_allocated_last(world: World) -> None:
    world.network(size=16)  # its pool: .3 to .14
    for number in range(3):
        world.boot(number)
    world.delete(0)
    world.end_quarantine()

    order = [world.address(number) for number in range(10, 20)]

    assert order == [f"10.0.0.{last}" for last in (6, 7, 8, 9, 10, 11, 12, 13, 14, 3)]


def test_a_released_address_is_not_reused_before_quarantine(world: World) -> None:
    world.network(size=8)  # four addresses
    for number in range(4):
        world.boot(number)
    world.delete(2)

    world.clock.pass_seconds(29)
    world.services.sweeper.sweep()
    with pytest.raises(NoMoreFixedIps):
        world.boot(9)
    world.clock.pass_seconds(2)
    world.services.sweeper.sweep()

    assert world.address(9) == "10.0.0.5"


def test_a_requested_address_does_not_change_the_order_of_the_others(world: World) -> None:
    network = world.network()
    world.boot(1, "a")
    world.boot(2, "a", "node1", (network, "10.0.0.10"))

    assert world.address(3) == "10.0.0.4"


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("10.0.0.1", FixedIpNotFoundForNetwork),  # the gateway
        ("10.0.0.15", FixedIpNotFoundForNetwork),  # the broadcast address
        ("10.9.0.1", FixedIpNotFoundForNetwork),  # elsewhere
        ("10.0.0.3", FixedIpAlreadyInUse),
    ],
)
def test_an_address_that_cannot_be_allocated_is_refused(
    world: World, address: str, refusal: type[Exception]
) -> None:
    network = world.network(project="a")
    world.boot(1)

    with pytest.raises(refusal, match=address):
        world.boot(2, "a", "node1", (network, address))


def test_macs_of_the_hypervisor_are_used_and_run_out(world: World) -> None:
    world.network()
    mac = "02:00:00:00:00:01"

    assert world.boot(1, macs=(mac,))[0]["address"] == mac
    with pytest.raises(VirtualInterfaceCreateException):
        world.boot(2, macs=(mac,))


def test_the_quota_counts_addresses_of_shared_networks(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        world.network(size=256)
        _set_quota(world, "a", "fixed_ips", 1)
        world.boot(1, "a")

        with pytest.raises(FixedIpLimitExceeded, match="1 of 1 fixed_ips"):
            world.boot(2, "a")
        world.boot(3, "b")


def _set_quota(world: World, project: str, resource: str, limit: int) -> None:
    from cloudnet.controller.db.rows import quotas

    world.services.database.write(
        lambda connection: quotas.set_limit(connection, project, resource, limit, world.clock())
    )
