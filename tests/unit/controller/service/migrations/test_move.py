"""An instance moves to another host with all it has."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import InstanceNotFound
from cloudnet.common.wire.objects import NetworkGone, NetworkSnapshot
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, a_world, addresses, instance, multi_host_settings


def test_the_address_and_floating_ip_move_with_the_instance(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()
        world.boot(1, host="node1")
        world.services.pools.create(IPv4Network("203.0.113.9/32"))
        floating = world.services.floating.allocate(ADMIN, "a")
        world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.4"))
        (attached,) = world.report("node1").stale

        world.services.instances.move(instance(1), "node2")

        there = world.snapshot("node2")
        assert [str(vif.address) for vif in there.vifs] == ["10.0.0.4"]
        assert [str(ip.address) for ip in there.floating_ips] == ["203.0.113.9"]
        assert isinstance(world.report("node1", attached).stale[0], NetworkGone)
        assert world.rows("SELECT host FROM floating_ips") == [("node2",)]
        assert world.info(1)[0]["network"]["subnets"][0]["gateway"]["address"] == "10.0.0.5"


def test_with_a_single_gateway_only_the_bridges_move(world: World) -> None:
    world.network()
    world.boot(1, host="node2")

    world.services.instances.move(instance(1), "node3")

    assert world.snapshot("node3").host_address is None
    assert len(world.snapshot("node1").vifs) == 1
    assert world.report("node2").stale == ()


def test_moving_to_where_it_is_changes_nothing(world: World) -> None:
    world.network()
    world.boot(1)
    before = world.snapshot("node1")

    world.services.instances.move(instance(1), "node1")

    assert world.snapshot("node1") == before


def test_an_unknown_instance_cannot_be_moved(world: World) -> None:
    with pytest.raises(InstanceNotFound, match=instance(1)):
        world.services.instances.move(instance(1), "node2")


def test_allocating_again_on_another_host_moves_it_there(world: World) -> None:
    world.network()
    before = world.boot(1, host="node2")

    after = world.boot(1, host="node3")

    assert addresses(after) == addresses(before)
    assert isinstance(world.snapshot("node3"), NetworkSnapshot)


def test_an_instance_whose_addresses_are_released_moves_without_a_trace(world: World) -> None:
    world.network()
    world.boot(1, host="node1")
    world.delete(1)
    before = world.one("SELECT COUNT(*) FROM address_history")

    world.services.instances.move(instance(1), "node2")

    assert world.one("SELECT COUNT(*) FROM address_history") == before
