"""Networks as a project's own context sees and changes them, and as an administrator's does."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from cloudnet.common.errors import (
    BadRequest,
    Forbidden,
    NetworkHasProject,
    NetworkInUse,
    NetworkNotFoundForUUID,
    NetworkSetHostFailed,
    NoMoreNetworks,
)
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.service.caller import ADMIN, Caller
from tests.fixtures.controller.world import SETTINGS, World, a_world

A, B = Caller("a", is_admin=False), Caller("b", is_admin=False)


def test_a_project_sees_its_own_networks_and_shared_flat_ones(world: World) -> None:
    own = world.network("own", project="a")
    foreign = world.network("foreign", project="b")
    free = world.network("free")
    shared = world.network("shared", topology=Topology.FLATDHCP, bridge="br-flat")
    networks = world.services.networks

    assert networks.list_visible_networks(A) == [own, shared]
    assert networks.list_visible_networks(ADMIN) == [own, foreign, free, shared]
    assert networks.get_visible_network(A, shared.uuid) == shared
    with pytest.raises(NetworkNotFoundForUUID):
        networks.get_visible_network(A, free.uuid)
    with pytest.raises(Forbidden, match="does not belong to project a"):
        networks.get_visible_network(A, foreign.uuid)


def test_a_project_deletes_no_network_that_has_a_project(world: World) -> None:
    own, foreign = world.network("own", project="a"), world.network("foreign", project="b")
    networks = world.services.networks

    with pytest.raises(NetworkHasProject):
        networks.delete(A, uuid=own.uuid)
    with pytest.raises(Forbidden):
        networks.delete(A, uuid=foreign.uuid, require_disassociated=False)
    networks.delete(A, uuid=own.uuid, require_disassociated=False)

    assert networks.list_networks() == [foreign]


def test_a_network_is_deleted_by_its_ipv6_range_too(world: World) -> None:
    world.network(cidr_v6=IPv6Network("fd00:1::/64"))

    world.services.networks.delete(cidr=IPv6Network("fd00:1::/64"))

    assert world.services.networks.list_networks() == []


def test_a_project_disassociates_its_own_network_only(world: World) -> None:
    own, foreign = world.network("own", project="a"), world.network("foreign", project="b")

    with pytest.raises(Forbidden):
        world.services.networks.disassociate(foreign.uuid, caller=A)
    assert world.services.networks.disassociate(own.uuid, caller=A).project_id is None


def test_host_and_project_are_set_and_cleared_together_or_alone(world: World) -> None:
    network = world.network()
    associate = world.services.networks.set_associations

    both = associate(network.uuid, host="node7", project="a")
    assert (both.host, both.project_id) == ("node7", "a")
    assert associate(network.uuid, host=None).project_id == "a"
    none = associate(network.uuid, host=None, project=None)
    assert (none.host, none.project_id) == (None, None)
    associate(network.uuid, project="b")
    with pytest.raises(NoMoreNetworks, match="belongs to project b"):
        associate(network.uuid, host="node9", project="a")
    assert world.services.networks.get_network(network.uuid).host is None


def test_a_network_with_guests_keeps_its_project_and_its_gateway(world: World) -> None:
    network = world.network()
    world.boot(1)
    before = world.services.networks.get_network(network.uuid)

    for cleared in ("host", "project"):
        with pytest.raises(NetworkInUse):
            world.services.networks.set_associations(network.uuid, **{cleared: None})

    assert world.services.networks.get_network(network.uuid) == before


def test_a_multi_host_network_is_associated_with_no_host(wide: World) -> None:
    network = wide.network()

    with pytest.raises(BadRequest, match="multi-host"):
        wide.services.networks.set_associations(network.uuid, host="node1")
    with pytest.raises(NetworkSetHostFailed, match="multi-host"):
        wide.services.networks.ensure_host(network.uuid)


def test_the_host_of_a_network_is_the_stored_one_or_the_configured_one(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        network = world.network(host="node3")
        assert world.services.networks.ensure_host(network.uuid) == "node3"
        world.services.networks.disassociate(network.uuid, host=True, project=False)
        assert world.services.networks.ensure_host(network.uuid) == "node1"
        assert world.services.networks.get_network(network.uuid).host == "node1"


def test_without_a_configured_host_no_host_is_invented(tmp_path: Path) -> None:
    settings = replace(SETTINGS, networks=replace(SETTINGS.networks, network_host=None))
    with a_world(tmp_path, settings) as world:
        network = world.network()
        with pytest.raises(NetworkSetHostFailed, match="network_host"):
            world.services.networks.ensure_host(network.uuid)
