"""Many callers at once: the database decides who is first, and no caller gets an error."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from ipaddress import IPv4Network
from pathlib import Path
from typing import TypeVar

from cloudnet.controller.compose import build_services
from cloudnet.controller.db.engine import Database
from cloudnet.controller.notify.port import NullNotifier
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, a_world, addresses, multi_host_settings

T = TypeVar("T")


def at_once(work: Callable[[int], T], count: int, threads: int = 8) -> list[T]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(count)))


def test_eight_callers_on_one_network_get_different_addresses(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network(size=128, project="a")

        found = at_once(lambda n: world.address(n, host=f"node{n % 3}"), 80)

        assert len(set(found)) == 80
        assert world.one("SELECT count(DISTINCT address) FROM virtual_interfaces") == 80
        assert world.one("SELECT count(*) FROM fixed_ips WHERE host IS NOT NULL") == 3


def test_the_first_boots_of_a_project_share_one_network(world: World) -> None:
    for number in range(4):
        world.network(f"net{number}")

    at_once(lambda n: world.boot(n, "a"), 8)

    assert world.one("SELECT count(*) FROM networks WHERE project_id = 'a'") == 1


def test_concurrent_calls_for_one_instance_allocate_once(world: World) -> None:
    world.network(project="a")

    found = at_once(lambda _: addresses(world.boot(1)), 8)

    assert {tuple(one) for one in found} == {("10.0.0.3",)}


def test_two_controllers_share_a_database(world: World) -> None:
    world.network(size=64, project="a")
    with closing(Database(world.settings.database)) as database:
        parts = build_services(world.settings, database, NullNotifier(), world.clock)
        other = World(parts, world.clock, world.settings)

        found = at_once(lambda n: (world if n % 2 else other).address(n), 40, threads=4)

    assert len(set(found)) == 40


def test_floating_ips_are_given_to_one_project_each(world: World) -> None:
    world.services.pools.create(IPv4Network("203.0.113.0/28"))

    found = at_once(lambda n: world.services.floating.allocate(ADMIN, f"p{n}"), 14)

    assert len(set(found)) == 14


def test_guests_that_are_created_and_deleted_leave_no_row(world: World) -> None:
    world.network(size=32, project="a")

    def live(number: int) -> None:
        world.boot(number)
        world.delete(number)

    at_once(live, 24)
    world.end_quarantine()

    assert world.rows("SELECT * FROM fixed_ips WHERE NOT reserved") == []
    assert world.rows("SELECT * FROM virtual_interfaces") == []
    assert world.rows("SELECT * FROM instances") == []
