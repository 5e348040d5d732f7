"""Quotas are counted in the transaction that takes: of callers at once, no more than the limit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network

import pytest

from cloudnet.common.errors import FixedIpLimitExceeded, FloatingIpLimitExceeded, OutOfSupply
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, instance


def count_accepted(call: Callable[[int], object], refusal: type[OutOfSupply]) -> int:
    """Make 64 calls at once; return how many are accepted, while all others are refused."""

    def is_accepted(number: int) -> bool:
        try:
            call(number)
        except refusal:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(is_accepted, range(64)))


def test_one_of_64_callers_gets_the_last_floating_ip_of_a_quota(world: World) -> None:
    world.services.pools.create(IPv4Network("203.0.113.0/24"))
    for _ in range(9):
        world.services.floating.allocate(ADMIN, "a")

    accepted = count_accepted(
        lambda _: world.services.floating.allocate(ADMIN, "a"), FloatingIpLimitExceeded
    )

    assert accepted == 1
    assert world.one("SELECT count(*) FROM floating_ips WHERE project_id = 'a'") == 10


def test_one_of_64_callers_gets_the_last_fixed_ip_of_a_quota_on_a_vlan(world: World) -> None:
    world.network(size=256, project="a")
    world.services.quotas.set_limits("a", {"fixed_ips": 3})
    world.boot(100)
    world.boot(101)

    accepted = count_accepted(world.boot, FixedIpLimitExceeded)

    assert accepted == 1
    assert world.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 3


def test_a_released_address_no_longer_counts(world: World) -> None:
    world.network(size=256, project="a")
    world.services.quotas.set_limits("a", {"fixed_ips": 1})
    world.boot(1)
    with pytest.raises(FixedIpLimitExceeded, match="1 of 1 fixed_ips"):
        world.boot(2)

    world.delete(1)

    assert world.boot(2)[0]["network"]["label"] == "private"
    assert world.rows("SELECT instance_uuid FROM fixed_ips WHERE allocated") == [(instance(2),)]


def test_an_instance_that_needs_more_than_is_left_gets_nothing(world: World) -> None:
    world.create_networks(num_networks=2, network_size=16, project="a")
    world.services.quotas.set_limits("a", {"fixed_ips": 3})
    world.boot(1)

    with pytest.raises(FixedIpLimitExceeded, match="2 of 3 fixed_ips, 2 more"):
        world.boot(2)

    assert world.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 2


def test_a_limit_below_what_is_used_takes_nothing_away(world: World) -> None:
    world.network(size=16, project="a")
    world.boot(1)
    world.boot(2)

    world.services.quotas.set_limits("a", {"fixed_ips": 1})

    assert len(world.boot(1)) == 1
    with pytest.raises(FixedIpLimitExceeded):
        world.boot(3)
