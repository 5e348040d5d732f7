"""Changing networks while hosts have them: columns, projects and gateways."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.errors import (
    BadRequest,
    InvalidInput,
    NoMoreNetworks,
)
from cloudnet.common.wire.objects import NetworkSnapshot, Topology
from cloudnet.controller.model.network_edit import NetworkEdit
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, addresses


def test_a_change_reaches_the_hosts_that_have_the_network(world: World) -> None:
    network = world.network()
    world.boot(1)
    before = world.snapshot("node1")

    world.services.networks.update(network.uuid, NetworkEdit(dns1=IPv4Address("9.9.9.9"), mtu=1400))

    after = world.snapshot("node1")
    assert (after.dns, after.mtu) == ((IPv4Address("9.9.9.9"),), 1400)
    assert after.revision > before.revision


@pytest.mark.parametrize("label", ["", "new\nline", "x" * 256])
def test_an_invalid_label_changes_nothing(world: World, label: str) -> None:
    network = world.network()

    with pytest.raises(InvalidInput, match="label: 1 to 255 printable"):
        world.services.networks.update(network.uuid, NetworkEdit(label=label, mtu=1400))

    assert world.services.networks.list_networks() == [network]


def test_a_project_may_be_given_more_networks(world: World) -> None:
    one, two, three = world.create_networks(num_networks=3)
    world.services.networks.associate("a")

    world.services.networks.associate("a", three.uuid)

    assert [n.project_id for n in world.services.networks.list_networks()] == ["a", None, "a"]
    assert world.services.networks.associate("a", one.uuid).project_id == "a"
    with pytest.raises(NoMoreNetworks, match="project a"):
        world.services.networks.associate("b", three.uuid)
    world.services.networks.associate("b", two.uuid)
    with pytest.raises(NoMoreNetworks):
        world.services.networks.associate("c")


def test_another_host_becomes_the_gateway(world: World) -> None:
    network = world.network()
    world.boot(1, host="node2")
    world.report("node1", *world.report("node1").stale)

    world.services.networks.update(network.uuid, NetworkEdit(host="node3"))

    new = world.snapshot("node3")
    assert isinstance(new, NetworkSnapshot)
    assert str(new.host_address) == "10.0.0.1"
    assert world.report("node1").stale == ()  # nothing there any more: node2 has the guest


def test_a_multi_host_network_has_no_gateway_to_move(world: World) -> None:
    (made,) = world.create_networks(multi_host=True)

    with pytest.raises(BadRequest, match="multi-host"):
        world.services.networks.update(
            made.uuid, NetworkEdit(label="changed", mtu=1400, host="node2")
        )

    assert world.services.networks.list_networks() == [made]


def test_the_floating_ips_of_a_network_move_with_its_gateway(world: World) -> None:
    network = world.network()
    other = world.network("other", topology=Topology.FLATDHCP, bridge="br-flat")
    world.boot(1, "a", "node2")
    world.boot(2, "a", "node2", (other, None))
    world.services.pools.create(IPv4Network("203.0.113.0/29"))
    for guest in (world.info(1), world.info(2)):
        floating = world.services.floating.allocate(ADMIN, "a")
        world.services.floating.associate(ADMIN, floating, IPv4Address(addresses(guest)[0]))
    hosts = "SELECT host FROM floating_ips WHERE fixed_ip_id IS NOT NULL ORDER BY id"

    world.services.networks.update(network.uuid, NetworkEdit(host="node7"))
    assert world.rows(hosts) == [("node7",), ("node1",)]

    world.services.networks.disassociate(network.uuid, project=False, host=True, force=True)
    assert world.rows(hosts) == [(None,), ("node1",)]


def test_a_multi_host_networks_floating_ips_stay_where_its_guests_are(world: World) -> None:
    (made,) = world.create_networks(multi_host=True)
    fixed = world.address(1, "a", "node2")
    world.services.pools.create(IPv4Network("203.0.113.9/32"))
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address(fixed))

    world.services.networks.disassociate(made.uuid, host=True, force=True)

    assert world.one("SELECT host FROM floating_ips") == "node2"
