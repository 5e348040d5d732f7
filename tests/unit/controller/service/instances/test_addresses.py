"""Single addresses of instances: one more on a network, and one less."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from cloudnet.common.errors import (
    BadRequest,
    FixedIpAlreadyInUse,
    FixedIpNotFoundForAddress,
    FixedIpNotFoundForNetwork,
    FixedIpNotFoundForSpecificInstance,
    Forbidden,
    InstanceNotFound,
    NetworkNotFoundForProject,
    NetworkNotFoundForUUID,
    NoMoreFixedIps,
)
from cloudnet.controller.service.caller import Caller
from cloudnet.controller.service.networks.network_selection import RequestedNetwork
from tests.fixtures.controller.world import World, instance

OTHER = Caller("b", is_admin=False)


def list_addresses(world: World, number: int = 1) -> list[list[str]]:
    """Return the addresses of each VIF of an instance."""
    return [
        [ip["address"] for ip in vif["network"]["subnets"][0]["ips"]] for vif in world.info(number)
    ]


def test_an_instance_gets_a_second_address_on_the_vif_that_it_has(world: World) -> None:
    network = world.network()
    world.boot(1)

    added = world.services.addresses.add(instance(1), network.uuid)

    assert added == IPv4Address("10.0.0.4")
    assert list_addresses(world) == [["10.0.0.3", "10.0.0.4"]]
    assert world.one("SELECT count(*) FROM virtual_interfaces") == 1


def test_an_instance_gets_a_vif_on_a_network_where_it_has_none(world: World) -> None:
    one = world.network("one", project="a")
    world.boot(1, "a", "node1", (one, None))
    two = world.network("two", project="a")

    added = world.services.addresses.add(instance(1), two.id, IPv4Address("10.0.0.25"))

    assert added == IPv4Address("10.0.0.25")
    assert list_addresses(world) == [["10.0.0.3"], ["10.0.0.25"]]


def test_dhcp_gives_a_vif_the_address_that_it_has_had_longest(world: World) -> None:
    network = world.network()
    world.boot(1)
    world.services.addresses.add(instance(1), network.uuid)
    before = [str(vif.address) for vif in world.snapshot("node1").vifs]

    world.services.addresses.remove(instance(1), IPv4Address("10.0.0.3"))

    assert before == ["10.0.0.3"]
    assert [str(vif.address) for vif in world.snapshot("node1").vifs] == ["10.0.0.4"]
    assert list_addresses(world) == [["10.0.0.4"]]


def test_a_vif_without_any_address_is_released_with_its_last_one(world: World) -> None:
    world.network()
    world.boot(1)

    world.services.addresses.remove(instance(1), IPv4Address("10.0.0.3"))
    with pytest.raises(FixedIpNotFoundForSpecificInstance, match=r"10\.0\.0\.3"):
        world.services.addresses.remove(instance(1), IPv4Address("10.0.0.3"))

    assert list_addresses(world) == []
    assert world.rows("SELECT * FROM virtual_interfaces") == []


def test_all_addresses_of_an_instance_are_released_with_it(world: World) -> None:
    network = world.network()
    world.boot(1)
    world.services.addresses.add(instance(1), network.uuid)

    world.delete(1)
    world.end_quarantine()

    assert world.rows("SELECT * FROM fixed_ips WHERE NOT reserved") == []
    assert world.rows("SELECT * FROM instances") == []


def test_an_instance_moves_with_all_its_addresses(world: World) -> None:
    network = world.network()
    world.boot(1)
    world.services.addresses.add(instance(1), network.uuid)

    world.services.instances.move(instance(1), "node2")

    assert list_addresses(world) == [["10.0.0.3", "10.0.0.4"]]


def test_an_address_is_released_whoever_has_it_and_twice(world: World) -> None:
    world.network()
    world.boot(1)
    release = world.services.addresses.release
    with pytest.raises(FixedIpNotFoundForSpecificInstance):
        release(IPv4Address("10.0.0.3"), instance(2))

    release(IPv4Address("10.0.0.3"), instance(1))
    release(IPv4Address("10.0.0.3"))
    with pytest.raises(FixedIpNotFoundForAddress):
        release(IPv4Address("10.0.0.4"))

    assert list_addresses(world) == []


@pytest.mark.parametrize(
    ("number", "network", "address", "error"),
    [
        (9, None, None, InstanceNotFound),
        (1, instance(77), None, NetworkNotFoundForUUID),
        (1, 77, None, NetworkNotFoundForUUID),
        (1, None, "10.0.0.3", FixedIpAlreadyInUse),
        (1, None, "10.9.9.9", FixedIpNotFoundForNetwork),
    ],
)
def test_what_cannot_be_added_is_refused_and_leaves_no_trace(
    world: World, number: int, network: Any, address: str | None, error: type[Exception]
) -> None:
    own = world.network()
    world.boot(1)
    wanted = None if address is None else IPv4Address(address)

    with pytest.raises(error):
        world.services.addresses.add(instance(number), network or own.uuid, wanted)

    assert world.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 1


def test_a_full_network_has_no_further_address(world: World) -> None:
    network = world.network(size=8)
    world.boot(1)
    for _ in range(3):
        world.services.addresses.add(instance(1), network.uuid)

    with pytest.raises(NoMoreFixedIps):
        world.services.addresses.add(instance(1), network.uuid)


def test_another_projects_instance_is_forbidden(world: World) -> None:
    network = world.network()
    world.boot(1)

    with pytest.raises(Forbidden):
        world.services.addresses.add(instance(1), network.uuid, caller=OTHER)
    with pytest.raises(Forbidden):
        world.services.addresses.remove(instance(1), IPv4Address("10.0.0.3"), OTHER)
    with pytest.raises(Forbidden):
        world.services.addresses.release(IPv4Address("10.0.0.3"), caller=OTHER)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("10.0.0.3", FixedIpAlreadyInUse),
        ("10.0.0.1", FixedIpNotFoundForNetwork),
        ("10.0.0.15", FixedIpNotFoundForNetwork),
        ("10.0.0.17", FixedIpNotFoundForNetwork),
        ("192.0.2.1", FixedIpNotFoundForAddress),
    ],
)
def test_a_requested_address_is_validated(
    world: World, address: str, error: type[BadRequest]
) -> None:
    one = world.network("one", project="a")
    world.network("two", project="a")
    world.boot(1, "a", "node1", (one, None))
    validate = world.services.addresses.validate

    validate([RequestedNetwork(one.uuid), RequestedNetwork(one.uuid, IPv4Address("10.0.0.9"))])
    with pytest.raises(error):
        validate([RequestedNetwork(one.uuid, IPv4Address(address))])


def test_a_requested_network_is_validated(world: World) -> None:
    network = world.network(project="a")
    validate = world.services.addresses.validate

    validate([RequestedNetwork(network.uuid)], Caller("a", is_admin=False))
    with pytest.raises(NetworkNotFoundForUUID):
        validate([RequestedNetwork(instance(77))])
    with pytest.raises(NetworkNotFoundForProject):
        validate([RequestedNetwork(network.uuid)], OTHER)
