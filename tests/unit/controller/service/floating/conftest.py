"""A pool of floating IPs and guests to associate them with."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from tests.fixtures.controller.world import World


@pytest.fixture
def pooled(world: World) -> World:
    """A world with a pool of six and two guests of project a."""
    world.services.pools.create(IPv4Network("203.0.113.0/29"))
    world.network(project="a")
    world.boot(1)
    world.boot(2)
    return world
