"""``auto_assign_floating_ip``: a floating IP comes with an instance and goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import CannotDisassociateAutoAssignedFloatingIP, NoMoreFloatingIps
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import SETTINGS, World, a_world, instance


@pytest.fixture
def assigning(tmp_path: Path) -> Iterator[World]:
    """A world with two floating IPs, a quota of none, and two networks of project a."""
    settings = replace(SETTINGS, auto_assign_floating_ip=True, quota_floating_ips=0)
    with a_world(tmp_path, settings) as world:
        world.create_networks(num_networks=2, network_size=16, project="a")
        world.services.pools.create(IPv4Network("203.0.113.8/30"))
        yield world


def test_a_new_instance_gets_one_floating_ip_on_its_first_interface(assigning: World) -> None:
    shown = [
        [ip["address"] for ip in vif["network"]["subnets"][0]["ips"][0]["floating_ips"]]
        for vif in assigning.boot(1)
    ]

    assert shown == [["203.0.113.9"], []]
    assert assigning.rows(
        "SELECT g.project_id, g.auto_assigned, g.host, f.address FROM floating_ips g "
        "JOIN fixed_ips f ON f.id = g.fixed_ip_id"
    ) == [("a", True, "node1", "10.0.0.3")]
    assert assigning.services.lookups.list_floating_ips("a") == []


def test_a_repeated_call_assigns_no_second_one(assigning: World) -> None:
    assigning.boot(1)

    assigning.boot(1)

    assert assigning.one("SELECT count(*) FROM floating_ips WHERE project_id = 'a'") == 1


def test_an_interface_on_a_flat_network_is_passed_over(assigning: World) -> None:
    flat = assigning.network("flat", topology=Topology.FLAT, bridge="br-flat")
    vlan = assigning.services.networks.list_networks()[0]

    assigning.boot(1, "a", "node1", (flat, None), (vlan, None))
    assigning.boot(2, "a", "node1", (flat, None))

    assert assigning.rows(
        "SELECT f.address, f.instance_uuid FROM floating_ips g "
        "JOIN fixed_ips f ON f.id = g.fixed_ip_id"
    ) == [("10.0.0.3", instance(1))]


def test_the_gateway_gets_it_in_its_snapshot(assigning: World) -> None:
    assigning.boot(1)

    floating = [ip for s in assigning.report("node1").stale for ip in s.floating_ips]  # type: ignore[union-attr]  # NetworkSnapshots
    assert [str(ip.address) for ip in floating] == ["203.0.113.9"]


def test_without_a_free_one_nothing_is_allocated(assigning: World) -> None:
    assigning.boot(1)
    assigning.boot(2)

    with pytest.raises(NoMoreFloatingIps):
        assigning.boot(3)

    assert assigning.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 4


def test_it_stays_with_its_instance_and_is_free_afterwards(assigning: World) -> None:
    assigning.boot(1)
    with pytest.raises(CannotDisassociateAutoAssignedFloatingIP):
        assigning.services.floating.disassociate(ADMIN, IPv4Address("203.0.113.9"))

    assigning.delete(1)

    assert assigning.one("SELECT count(*) FROM floating_ips WHERE project_id IS NULL") == 2
