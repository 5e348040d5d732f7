"""Pools: ranges of floating IPs are created and deleted."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from cloudnet.common.errors import (
    CidrConflict,
    FloatingIpAssociated,
    FloatingIpExists,
    FloatingIpNotFoundForAddress,
    InvalidInput,
)
from cloudnet.controller.service.caller import Caller
from tests.fixtures.controller.world import World

A = Caller("a", is_admin=False)


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


@pytest.mark.parametrize(
    "ip_range", ["0.0.0.0/24", "127.0.0.0/24", "169.254.0.0/30", "224.0.0.0/24", "240.0.0.1/32"]
)
def test_a_range_that_no_host_can_have_is_refused(world: World, ip_range: str) -> None:
    with pytest.raises(InvalidInput, match="is not the address of one host"):
        world.services.pools.create(IPv4Network(ip_range))


def test_a_range_that_overlaps_a_network_is_refused(world: World) -> None:
    world.create_networks()

    with pytest.raises(CidrConflict, match=r"overlaps the network 10\.0\.0\.0/22"):
        world.services.pools.create(IPv4Network("10.0.3.0/28"))

    assert world.one("SELECT count(*) FROM floating_ips") == 0


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


@pytest.mark.parametrize("nonsense", ["127.0.0.1/32", "224.0.0.0/30", "0.0.0.0/32"])
def test_an_address_that_is_not_of_one_host_cannot_be_a_floating_ip(
    world: World, nonsense: str
) -> None:
    with pytest.raises(InvalidInput, match="is not the address of one host"):
        world.services.pools.create(IPv4Network(nonsense))

    assert world.rows("SELECT * FROM floating_ips") == []
