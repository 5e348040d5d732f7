"""Which networks an instance gets: the requested ones, its project's, or a free one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudnet.common.errors import (
    BadRequest,
    NetworkNotFoundForProject,
    NoMoreNetworks,
    NoNetworksFound,
)
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model.records import Network
from tests.fixtures.controller.world import (
    World,
    a_world,
    addresses,
    flat_settings,
    instance,
)


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


def test_requested_networks_keep_their_order_and_addresses(world: World) -> None:
    one, two = world.network("one", project="a"), world.network("two", project="a")

    info = world.boot(1, "a", "node1", (two, "10.0.0.25"), (one, None))

    assert addresses(info) == ["10.0.0.25", "10.0.0.3"]


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


def _labels(info: list[dict[str, object]]) -> list[str]:
    return [vif["network"]["label"] for vif in info]  # type: ignore[index]  # JSON


def _named(network: Network, uuid: str) -> Network:
    from dataclasses import replace

    return replace(network, uuid=uuid)
