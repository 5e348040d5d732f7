"""Floating IPs: allocated from a pool, associated, disassociated, returned."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import (
    CannotDisassociateAutoAssignedFloatingIP,
    FixedIpNotFoundForAddress,
    FloatingIpAssociated,
    FloatingIpAssociateFailed,
    FloatingIpExists,
    FloatingIpLimitExceeded,
    FloatingIpNotAssociated,
    FloatingIpNotFoundForAddress,
    FloatingIpPoolNotFound,
    Forbidden,
    InvalidInput,
    NoMoreFloatingIps,
)
from cloudnet.common.wire.objects import NetworkSnapshot
from cloudnet.controller.service.caller import ADMIN, Caller
from tests.fixtures.controller.world import World, a_world, instance, multi_host_settings

A, B = Caller("a", is_admin=False), Caller("b", is_admin=False)
FIRST, SECOND = IPv4Address("10.0.0.3"), IPv4Address("10.0.0.4")


@pytest.fixture
def pooled(world: World) -> World:
    """A world with a pool of six and two guests of project a."""
    world.services.pools.create(IPv4Network("203.0.113.0/29"))
    world.network(project="a")
    world.boot(1)
    world.boot(2)
    return world


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, multi_host_settings()) as made:
        yield made


def rows(world: World) -> list[tuple[str, str | None, str | None]]:
    return world.rows(
        "SELECT g.address, f.address, g.host FROM floating_ips g "
        "LEFT JOIN fixed_ips f ON f.id = g.fixed_ip_id WHERE g.project_id IS NOT NULL"
    )


# -- pools -----------------------------------------------------------------------------------------


def test_a_ranges_hosts_become_floating_ips(world: World) -> None:
    made = world.services.pools.create(IPv4Network("192.168.99.224/28"))

    assert (len(made), str(made[0]), str(made[-1])) == (14, "192.168.99.225", "192.168.99.238")
    assert world.services.floating.list_pools() == ["nova"]


def test_a_single_address_is_a_range(world: World) -> None:
    made = world.services.pools.create(IPv4Network("203.0.113.9/32"), pool="dmz")

    assert [str(address) for address in made] == ["203.0.113.9"]
    assert world.services.floating.list_pools() == ["dmz"]


def test_a_range_that_overlaps_is_refused_as_a_whole(world: World) -> None:
    world.services.pools.create(IPv4Network("203.0.113.6/32"))

    with pytest.raises(FloatingIpExists, match=r"203\.0\.113\.6"):
        world.services.pools.create(IPv4Network("203.0.113.0/29"))

    assert world.one("SELECT count(*) FROM floating_ips") == 1


def test_a_range_that_is_too_large_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="1000000"):
        world.services.pools.create(IPv4Network("11.0.0.0/8"))


def test_a_range_is_deleted_unless_a_project_has_one_of_it(pooled: World) -> None:
    pooled.services.floating.allocate(A, "a")

    with pytest.raises(FloatingIpAssociated, match="project a"):
        pooled.services.pools.delete(IPv4Network("203.0.113.0/29"))
    assert pooled.one("SELECT count(*) FROM floating_ips") == 6

    assert len(pooled.services.pools.delete(IPv4Network("203.0.113.4/30"))) == 3
    with pytest.raises(FloatingIpNotFoundForAddress):
        pooled.services.pools.delete(IPv4Network("203.0.113.4/30"))


# -- allocating and deallocating -------------------------------------------------------------------


def test_the_floating_ip_that_was_free_longest_is_taken(pooled: World) -> None:
    first = pooled.services.floating.allocate(A, "a")
    pooled.clock.pass_seconds(1)
    pooled.services.floating.deallocate(A, first)

    assert str(first) == "203.0.113.1"
    assert str(pooled.services.floating.allocate(A, "a")) == "203.0.113.2"


def test_a_pool_must_exist_and_have_a_free_address(world: World) -> None:
    world.services.pools.create(IPv4Network("203.0.113.9/32"))
    world.services.floating.allocate(ADMIN, "a")

    with pytest.raises(NoMoreFloatingIps, match="'nova'"):
        world.services.floating.allocate(ADMIN, "a")
    with pytest.raises(FloatingIpPoolNotFound, match="'dmz'"):
        world.services.floating.allocate(ADMIN, "a", "dmz")


def test_auto_assigned_floating_ips_do_not_count_in_the_quota(world: World) -> None:
    world.services.pools.create(IPv4Network("203.0.113.0/27"))
    for _ in range(10):
        world.services.floating.allocate(A, "a")

    with pytest.raises(FloatingIpLimitExceeded, match="10 of 10 floating_ips"):
        world.services.floating.allocate(A, "a")
    world.services.floating.allocate(A, "a", auto_assigned=True)
    world.services.floating.allocate(B, "b")


def test_an_associated_floating_ip_cannot_be_deallocated(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")
    pooled.services.floating.associate(A, floating, FIRST)

    with pytest.raises(FloatingIpAssociated, match="disassociate it first"):
        pooled.services.floating.deallocate(A, floating)


def test_another_projects_floating_ip_cannot_be_used(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")

    for deed in (
        lambda: pooled.services.floating.deallocate(B, floating),
        lambda: pooled.services.floating.associate(B, floating, FIRST),
        lambda: pooled.services.floating.get_floating_ip(B, floating),
        lambda: pooled.services.floating.allocate(B, "a"),
    ):
        with pytest.raises(Forbidden):
            deed()


# -- associating -----------------------------------------------------------------------------------


def test_a_floating_ip_is_on_the_networks_gateway(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")

    assert pooled.services.floating.associate(A, floating, FIRST) is None

    assert rows(pooled) == [("203.0.113.1", "10.0.0.3", "node1")]
    assert pooled.info(1)[0]["network"]["subnets"][0]["ips"][0]["floating_ips"] == [
        {"address": "203.0.113.1", "type": "floating", "version": 4, "meta": {}}
    ]


def test_on_a_multi_host_network_it_is_on_the_guests_host(wide: World) -> None:
    wide.network()
    wide.services.pools.create(IPv4Network("203.0.113.9/32"))
    wide.boot(1, host="node2")
    floating = wide.services.floating.allocate(ADMIN, "a")

    wide.services.floating.associate(ADMIN, floating, SECOND)

    assert rows(wide) == [("203.0.113.9", "10.0.0.4", "node2")]


def test_associating_again_changes_nothing(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")
    pooled.services.floating.associate(A, floating, FIRST)
    before = pooled.snapshot("node1").revision

    assert pooled.services.floating.associate(A, floating, FIRST) is None

    assert pooled.snapshot("node1").revision == before


def test_moving_it_returns_the_instance_that_loses_it(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")
    pooled.services.floating.associate(A, floating, FIRST)

    assert pooled.services.floating.associate(A, floating, SECOND) == instance(1)

    assert rows(pooled) == [("203.0.113.1", "10.0.0.4", "node1")]


def test_moving_it_changes_the_snapshots_of_both_hosts(wide: World) -> None:
    wide.network()
    wide.services.pools.create(IPv4Network("203.0.113.9/32"))
    wide.boot(1, host="node1")
    wide.boot(2, host="node2")
    floating = wide.services.floating.allocate(ADMIN, "a")
    wide.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.4"))

    wide.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.6"))

    assert wide.snapshot("node1").floating_ips == ()
    assert len(wide.snapshot("node2").floating_ips) == 1


def test_disassociating_twice_is_refused(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")
    pooled.services.floating.associate(A, floating, FIRST)

    pooled.services.floating.disassociate(A, floating)

    assert rows(pooled) == [("203.0.113.1", None, None)]
    snapshot = pooled.snapshot("node1")
    assert isinstance(snapshot, NetworkSnapshot)
    assert snapshot.floating_ips == ()
    with pytest.raises(FloatingIpNotAssociated):
        pooled.services.floating.disassociate(A, floating)


def test_an_auto_assigned_one_stays_with_its_instance(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a", auto_assigned=True)
    pooled.services.floating.associate(A, floating, FIRST, affect_auto_assigned=True)

    with pytest.raises(CannotDisassociateAutoAssignedFloatingIP):
        pooled.services.floating.disassociate(A, floating)
    with pytest.raises(CannotDisassociateAutoAssignedFloatingIP):
        pooled.services.floating.associate(A, floating, SECOND)
    pooled.services.floating.deallocate(A, floating)
    assert rows(pooled) == [("203.0.113.1", "10.0.0.3", "node1")]


def test_unknown_addresses_are_named(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")

    with pytest.raises(FloatingIpNotFoundForAddress, match=r"8\.8\.8\.8"):
        pooled.services.floating.associate(ADMIN, IPv4Address("8.8.8.8"), FIRST)
    with pytest.raises(FixedIpNotFoundForAddress, match=r"10\.0\.0\.9"):
        pooled.services.floating.associate(A, floating, IPv4Address("10.0.0.9"))
    with pytest.raises(FloatingIpAssociateFailed, match="belongs to no project"):
        pooled.services.floating.associate(ADMIN, IPv4Address("203.0.113.2"), FIRST)


def test_a_floating_ip_cannot_be_associated_with_another_projects_guest(pooled: World) -> None:
    floating = pooled.services.floating.allocate(B, "b")

    with pytest.raises(Forbidden, match="another project"):
        pooled.services.floating.associate(B, floating, FIRST)


@pytest.mark.parametrize("nonsense", ["127.0.0.1/32", "224.0.0.0/30", "0.0.0.0/32"])
def test_an_address_that_is_not_of_one_host_cannot_be_a_floating_ip(
    world: World, nonsense: str
) -> None:
    with pytest.raises(InvalidInput, match="is not the address of one host"):
        world.services.pools.create(IPv4Network(nonsense))

    assert world.rows("SELECT * FROM floating_ips") == []
