"""Which addresses an instance gets, from which networks, and what is refused."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import (
    BadRequest,
    FixedIpAlreadyInUse,
    FixedIpLimitExceeded,
    FixedIpNotFoundForNetwork,
    NetworkNotFoundForProject,
    NoMoreFixedIps,
    NoMoreNetworks,
    NoNetworksFound,
    VirtualInterfaceCreateException,
)
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model.records import Network
from tests.fixtures.controller.world import (
    World,
    a_world,
    addresses,
    flat_settings,
    instance,
    multi_host_settings,
)


def test_the_first_guest_of_a_vlan_network_gets_the_address_after_gateway_and_vpn(
    world: World,
) -> None:
    world.network(cidr=IPv4Network("10.0.0.0/24"), size=256)

    assert world.address(1) == "10.0.0.3"
    assert world.address(2) == "10.0.0.4"


def test_a_project_without_a_network_gets_the_first_free_one_and_keeps_it(world: World) -> None:
    first, second = world.network("one"), world.network("two")

    world.boot(1, "a")
    world.boot(2, "b")
    world.boot(3, "a")

    assert world.services.networks.get_network(first.uuid).project_id == "a"
    assert world.services.networks.get_network(second.uuid).project_id == "b"


def test_without_a_free_network_no_row_is_left(world: World) -> None:
    with pytest.raises(NoMoreNetworks, match="cloudnet-manage network create"):
        world.boot(1)

    assert world.one("SELECT count(*) FROM instances") == 0


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


# -- requested networks ----------------------------------------------------------------------------


def test_requested_networks_keep_their_order_and_addresses(world: World) -> None:
    one, two = world.network("one", project="a"), world.network("two", project="a")

    info = world.boot(1, "a", "node1", (two, "10.0.0.25"), (one, None))

    assert addresses(info) == ["10.0.0.25", "10.0.0.3"]


def test_a_requested_address_does_not_change_the_order_of_the_others(world: World) -> None:
    network = world.network()
    world.boot(1, "a")
    world.boot(2, "a", "node1", (network, "10.0.0.10"))

    assert world.address(3) == "10.0.0.4"


def test_another_projects_network_cannot_be_requested(world: World) -> None:
    other = world.network(project="b")

    with pytest.raises(NetworkNotFoundForProject, match=other.uuid):
        world.boot(1, "a", "node1", (other, None))


def test_an_unknown_network_cannot_be_requested(world: World) -> None:
    network = world.network(project="a")
    unknown = _named(network, instance(77))

    with pytest.raises(NoNetworksFound, match=instance(77)):
        world.boot(1, "a", "node1", (unknown, None))


def test_a_network_cannot_be_requested_twice(world: World) -> None:
    network = world.network(project="a")

    with pytest.raises(BadRequest, match="more than once"):
        world.boot(1, "a", "node1", (network, None), (network, None))


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


# -- flat networks ---------------------------------------------------------------------------------


def test_with_a_flat_default_all_projects_share_flat_networks(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        world.network(size=256)

        assert world.address(1, "a") == "10.0.0.2"
        assert world.address(2, "b") == "10.0.0.3"


def test_with_vlan_as_default_a_shared_flat_network_must_be_requested(world: World) -> None:
    flat = world.network("flat", topology=Topology.FLATDHCP, bridge="br-flat")
    vlan = world.network("vlan", project="a")

    assert _labels(world.boot(1)) == ["vlan"]
    assert _labels(world.boot(2, "a", "node1", (flat, None), (vlan, None))) == ["flat", "vlan"]


def test_without_any_flat_network_an_instance_gets_none(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        assert world.boot(1) == []


def test_the_quota_counts_addresses_of_shared_networks(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        world.network(size=256)
        _set_quota(world, "a", "fixed_ips", 1)
        world.boot(1, "a")

        with pytest.raises(FixedIpLimitExceeded, match="1 of 1 fixed_ips"):
            world.boot(2, "a")
        world.boot(3, "b")


# -- gateways --------------------------------------------------------------------------------------


def test_in_multi_host_mode_each_host_takes_one_address_for_itself(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()

        assert world.address(1, host="node1") == "10.0.0.4"
        assert world.address(2, host="node2") == "10.0.0.6"
        assert world.address(3, host="node1") == "10.0.0.7"

        assert world.rows("SELECT host, address FROM fixed_ips WHERE host IS NOT NULL") == [
            ("node1", "10.0.0.3"),
            ("node2", "10.0.0.5"),
        ]


def test_a_full_network_has_no_room_for_another_hosts_gateway(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network(size=8)
        for number in range(3):
            world.boot(number, host="node1")

        with pytest.raises(NoMoreFixedIps, match="gateway on host node2"):
            world.boot(9, host="node2")

        assert world.rows("SELECT host FROM host_networks") == [("node1",)]


def test_the_first_host_used_becomes_the_gateway_unless_one_is_named(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        named = world.network("named", host="node9")
        world.services.networks.disassociate(named.uuid, project=False, host=True)

        world.boot(1, host="node2")
        world.boot(2, host="node3")

        assert world.services.networks.get_network(named.uuid).host == "node2"


def _labels(info: list[dict[str, object]]) -> list[str]:
    return [vif["network"]["label"] for vif in info]  # type: ignore[index]  # JSON


def _named(network: Network, uuid: str) -> Network:
    from dataclasses import replace

    return replace(network, uuid=uuid)


def _set_quota(world: World, project: str, resource: str, limit: int) -> None:
    from cloudnet.controller.db.rows import quotas

    world.services.database.write(
        lambda connection: quotas.set_limit(connection, project, resource, limit, world.clock())
    )
