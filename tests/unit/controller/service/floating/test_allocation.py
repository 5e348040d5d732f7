"""Floating IPs: allocated to a project from a pool, and returned to it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.errors import (
    FloatingIpAssociated,
    FloatingIpLimitExceeded,
    FloatingIpPoolNotFound,
    Forbidden,
    NoMoreFloatingIps,
)
from cloudnet.controller.service.caller import ADMIN, Caller
from tests.fixtures.controller.world import World

A, B = Caller("a", is_admin=False), Caller("b", is_admin=False)
FIRST = IPv4Address("10.0.0.3")


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
        lambda: pooled.services.lookups.get_floating_ip_by_address(B, floating),
        lambda: pooled.services.floating.allocate(B, "a"),
    ):
        with pytest.raises(Forbidden):
            deed()
