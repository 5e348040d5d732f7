"""The next free position, compared with a model that tries each one."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses, pool
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.records import Event, Network
from tests.fixtures.controller.world import World, a_world


def model(taken: set[int], last: int | None, first: int, end: int) -> int | None:
    """The first free position after the last pick, or from the start if there is none."""
    start = last if last is not None and first <= last < end else first - 1
    everyone = [*range(start + 1, end + 1), *range(first, end + 1)]
    return next((position for position in everyone if position not in taken), None)


def fill(world: World, network: Network, taken: set[int], last: int | None) -> int | None:
    now = world.clock()

    def work(connection: Connection) -> int | None:
        rows = [(network.id, network.cidr[n], n) for n in taken if n not in (0, 1, 2, 31)]
        if rows:
            addresses.insert_reserved(connection, rows, now)
        if last is not None:
            picked = Event(
                events.PICKED, network.cidr[last], network.id, network.uuid, last, *[None] * 4
            )
            history_rows.add(connection, [picked], now)
        return pool.find_free_position(connection, network)

    return world.services.database.write(work)


positions = st.integers(3, 30)


@settings(max_examples=60, deadline=None)
@given(st.sets(positions), st.none() | st.integers(0, 31))
def test_the_pick_is_the_first_free_position_after_the_last_pick(
    taken: set[int], last: int | None
) -> None:
    with TemporaryDirectory() as folder, a_world(Path(folder)) as world:
        network = world.network(size=32, cidr=IPv4Network("10.0.0.0/27"))

        assert fill(world, network, taken, last) == model(taken, last, 3, 30)


def test_a_network_with_every_position_taken_has_none(world: World) -> None:
    network = world.network(size=32)

    assert fill(world, network, set(range(3, 31)), 12) is None


def test_the_pick_uses_an_index_and_does_not_read_the_whole_network(world: World) -> None:
    network = world.network(size=32)
    bounds = {"network_id": network.id, "pool_start": 3, "pool_end": 30}
    with world.services.database.reading() as connection:
        sql = pool.NEXT_FREE.params(**bounds).compile(
            connection, compile_kwargs={"literal_binds": True}
        )
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()

    steps = [row[3] for row in plan if "fixed_ips" in row[3] or "address_history" in row[3]]
    assert steps
    assert all("SEARCH" in step and "network_id=?" in step for step in steps)
