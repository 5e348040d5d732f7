"""Which address is allocated next: compared with a model, and after edits by hand."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudnet.controller.db.rows import addresses, free_list, pool
from cloudnet.controller.db.rows.gaps import FREE_AFTER
from cloudnet.controller.model.records import Network
from tests.fixtures.controller.world import World, a_world

POOL = range(3, 15)  # of a network of 16 addresses


def allocate(world: World, network: Network, host: str) -> int | None:
    """Allocate an address to a host and return its position; None: the pool is full."""
    claimed = world.services.database.write(
        lambda connection: pool.allocate(connection, network, pool.Holder(host=host), world.clock())
    )
    return None if claimed is None else claimed[1]


def release(world: World, network: Network, host: str) -> None:
    world.clock.pass_seconds(1)
    world.services.database.write(
        lambda connection: addresses.release_gateway(connection, network.id, host, world.clock())
    )


def edit(world: World, sql: str) -> None:
    world.services.database.write(lambda connection: connection.execute(sa.text(sql)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.none() | st.integers(0, 11), max_size=40))
def test_new_addresses_come_first_and_then_the_one_that_has_been_free_longest(
    actions: list[int | None],
) -> None:
    """An action is an allocation, or the release of what the n-th holder has."""
    with TemporaryDirectory() as folder, a_world(Path(folder)) as world:
        network = world.network(size=16, cidr=IPv4Network("10.0.0.0/28"))
        free, holders = list(POOL), dict[str, int]()
        for number, action in enumerate(actions):
            if action is None:
                found = allocate(world, network, f"host{number}")

                assert found == (free.pop(0) if free else None)
                if found is not None:
                    holders[f"host{number}"] = found
            elif holders:
                host = sorted(holders)[action % len(holders)]
                release(world, network, host)
                free.append(holders.pop(host))


def test_an_address_whose_row_was_deleted_by_hand_is_allocated_again(world: World) -> None:
    network = world.network(size=16)
    for number in POOL:
        allocate(world, network, f"host{number}")
    edit(world, "DELETE FROM fixed_ips WHERE host = 'host7'")

    assert allocate(world, network, "other") is not None
    assert allocate(world, network, "another") is None


def test_a_listed_address_that_was_taken_by_hand_is_passed_over(world: World) -> None:
    network = world.network(size=16)
    allocate(world, network, "host")
    edit(
        world,
        "INSERT INTO fixed_ips (created_at, address, network_id, position, reserved) "
        "SELECT created_at, '10.0.0.4', id, 4, 1 = 1 FROM networks",
    )

    assert allocate(world, network, "other") == 5


def test_more_addresses_than_are_listed_at_once_are_allocated_in_their_order(
    world: World,
) -> None:
    network = world.network(size=1024)
    count = free_list.BLOCK * 2 + 10

    found = [allocate(world, network, f"host{number}") for number in range(count)]

    assert found == list(range(3, 3 + count))


def test_only_few_addresses_of_a_large_network_are_listed(world: World) -> None:
    network = world.network(size=65536)
    allocate(world, network, "host")

    assert world.one("SELECT count(*) FROM free_ips") == free_list.BLOCK - 1


@pytest.mark.sqlite
def test_the_search_for_a_gap_uses_an_index_and_does_not_read_the_whole_network(
    world: World,
) -> None:
    network = world.network(size=32)
    bounds = {"network_id": network.id, "start": 3, "pool_end": 30}
    with world.services.database.reading() as connection:
        sql = FREE_AFTER.params(**bounds).compile(
            connection, compile_kwargs={"literal_binds": True}
        )
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()

    steps = [row[3] for row in plan if "fixed_ips" in row[3]]
    assert steps
    assert all("SEARCH" in step and "network_id=?" in step for step in steps)
