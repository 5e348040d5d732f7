"""Deleting networks, and what prevents it."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from cloudnet.common.errors import (
    NetworkHasProject,
    NetworkInUse,
    NetworkNotFoundForCidr,
    NetworkNotFoundForUUID,
)
from cloudnet.common.wire.objects import Topology
from tests.fixtures.controller.world import World, instance


def test_a_network_is_deleted_by_its_range_or_its_uuid(world: World) -> None:
    one, two = world.create_networks(num_networks=2)

    world.services.networks.delete(uuid=one.uuid)
    world.services.networks.delete(cidr=two.cidr)

    assert world.services.networks.list_networks() == []
    assert world.one("SELECT count(*) FROM fixed_ips") == 0


def test_an_unknown_network_cannot_be_deleted(world: World) -> None:
    with pytest.raises(NetworkNotFoundForUUID, match=instance(1)):
        world.services.networks.delete(uuid=instance(1))
    with pytest.raises(NetworkNotFoundForCidr, match=r"10\.0\.0\.0/24"):
        world.services.networks.delete(cidr=IPv4Network("10.0.0.0/24"))


def test_a_projects_network_cannot_be_deleted(world: World) -> None:
    (made,) = world.create_networks(project="a")

    with pytest.raises(NetworkHasProject, match="project a"):
        world.services.networks.delete(uuid=made.uuid)


@pytest.mark.parametrize("by", ["uuid", "cidr"])
def test_a_projects_network_can_be_deleted_on_request(world: World, by: str) -> None:
    (made,) = world.create_networks(project="a")

    world.services.networks.delete(**{by: getattr(made, by)}, require_disassociated=False)

    assert world.services.networks.list_networks() == []


def test_a_refused_deletion_leaves_the_network_to_its_project(world: World) -> None:
    network = world.network()
    world.boot(1)

    with pytest.raises(NetworkInUse):
        world.services.networks.delete(uuid=network.uuid, require_disassociated=False)

    assert [n.project_id for n in world.services.networks.list_networks()] == ["a"]


def test_a_network_with_guests_can_neither_be_deleted_nor_disassociated(world: World) -> None:
    flat = world.network(topology=Topology.FLATDHCP, bridge="br-flat")
    vlan = world.network("vlan", project="a")
    world.boot(1, "a", "node1", (flat, None), (vlan, None))

    with pytest.raises(NetworkInUse, match="addresses in use: 1"):
        world.services.networks.delete(uuid=flat.uuid)
    with pytest.raises(NetworkInUse, match=f"network disassociate {vlan.uuid} --force`"):
        world.services.networks.disassociate(vlan.uuid)
    assert world.services.networks.disassociate(vlan.uuid, force=True).project_id is None


def test_addresses_in_quarantine_are_deleted_with_their_network(world: World) -> None:
    flat = world.network(topology=Topology.FLATDHCP, bridge="br-flat")
    world.boot(1, "a", "node1", (flat, None))
    world.delete(1)

    world.services.networks.delete(uuid=flat.uuid)

    assert world.rows("SELECT * FROM instances") == []
