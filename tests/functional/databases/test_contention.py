"""Callers that allocate on one network at once, on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import host_changes, pool
from cloudnet.controller.model.records import Network
from tests.fixtures.controller.databases import Databases
from tests.fixtures.controller.world import World, a_world, multi_host_settings

T = TypeVar("T")


@pytest.fixture
def wide(databases: Databases, tmp_path: Path) -> Iterator[World]:
    """A world where networks are multi-host by default."""
    with a_world(tmp_path, multi_host_settings(), databases=databases) as made:
        yield made


def at_once(work: Callable[[int], T], count: int, threads: int) -> list[T]:
    with ThreadPoolExecutor(threads) as executor:
        return list(executor.map(work, range(count)))


@contextmanager
def counted_rollbacks() -> Iterator[list[str]]:
    """Yield a list that gets an entry for each transaction that is rolled back."""
    rollbacks: list[str] = []

    def note(connection: sa.Connection) -> None:
        rollbacks.append(connection.dialect.name)

    sa.event.listen(sa.Engine, "rollback", note)
    try:
        yield rollbacks
    finally:
        sa.event.remove(sa.Engine, "rollback", note)


def allocate_for_host(world: World, network: Network, host: str) -> int:
    claimed = world.services.database.write(
        lambda connection: pool.allocate(connection, network, pool.Holder(host=host), world.clock())
    )
    assert claimed is not None
    return claimed[1]


def test_sixteen_callers_of_one_network_repeat_next_to_no_transaction(wide: World) -> None:
    wide.network(size=512)
    for number in range(4):  # the network has its project, the hosts their gateways
        wide.boot(1000 + number, host=f"node{number}")

    with counted_rollbacks() as rollbacks:
        found = at_once(lambda n: wide.address(n, host=f"node{n % 4}"), 160, threads=16)

    assert len(set(found)) == 160
    assert len(rollbacks) <= 8


def test_a_caller_takes_another_address_than_an_open_transaction_without_waiting(
    wide: World,
) -> None:
    wide.network("other")
    # Rows that other tests have deleted a moment ago would keep their locks in MariaDB's indexes.
    network = wide.network(size=32, cidr=IPv4Network("172.16.0.0/27"))
    first = allocate_for_host(wide, network, "node1")
    if wide.settings.database.startswith("sqlite"):
        assert allocate_for_host(wide, network, "node2") == first + 1  # it has one writer
        return

    with closing(Database(wide.settings.database)) as other:

        def work(connection: Connection) -> int:
            """Allocate, and let another transaction run completely before this one ends."""
            claimed = pool.allocate(connection, network, pool.Holder(host="node2"), wide.clock())
            assert claimed is not None
            return allocate_for_host(wide, network, "node3") - claimed[1]

        assert other.write(work) == 1


def test_gateway_addresses_of_many_hosts_differ(wide: World) -> None:
    network = wide.network(size=64)

    found = at_once(lambda n: allocate_for_host(wide, network, f"node{n}"), 40, threads=16)

    assert sorted(found) == list(range(min(found), min(found) + 40))


def test_the_last_addresses_of_a_full_network_go_to_one_caller_each(wide: World) -> None:
    network = wide.network(size=32)

    def allocate(number: int) -> int | None:
        claimed = wide.services.database.write(
            lambda connection: pool.allocate(
                connection, network, pool.Holder(host=f"node{number}"), wide.clock()
            )
        )
        return None if claimed is None else claimed[1]

    found = at_once(allocate, 40, threads=16)

    assert sorted(each for each in found if each is not None) == list(
        range(network.pool_start, network.pool_end + 1)
    )


def test_callers_with_one_gateway_do_not_wait_for_an_open_transaction(world: World) -> None:
    world.network(size=64)
    world.boot(1)
    if world.settings.database.startswith("sqlite"):
        return  # it has one writer

    def work(connection: Connection) -> int:
        """Change the network on its gateway, and allocate there before this transaction ends."""
        network = world.services.networks.list_networks()[0]
        host_changes.add(connection, "node1", network, world.clock())
        return len(world.boot(2))

    assert world.services.database.write(work) == 1


def test_a_hosts_own_address_is_not_released_while_a_guest_of_it_is_added(wide: World) -> None:
    wide.network(size=64)
    wide.boot(1)
    (present,) = wide.sync("node1")
    wide.delete(1)
    (gone,) = wide.report("node1", present).stale

    def add_guest_and_report(number: int) -> None:
        if number:
            wide.boot(2)
        else:
            wide.report("node1", gone)

    at_once(add_guest_and_report, 2, threads=2)

    assert wide.one("SELECT count(*) FROM fixed_ips WHERE host = 'node1'") == 1
