"""The identity of a database: what it has been, and what an older copy has not been."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloudnet.common.wire.objects import Origin
from cloudnet.controller.db.rows import cloud
from tests.fixtures.controller.world import World, instance


def has_been(world: World, origin: Origin) -> bool:
    with world.services.database.reading() as connection:
        return cloud.has_been(connection, origin, cloud.get(connection))


def begin_branch(world: World) -> Origin:
    return world.services.database.write(cloud.begin_branch)


def raise_generation(world: World) -> Origin:
    return world.services.database.write(cloud.raise_generation)


def test_a_generation_is_one_more_on_the_same_branch_of_the_same_cloud(world: World) -> None:
    before = begin_branch(world)

    after = raise_generation(world)

    assert after == replace(before, generation=before.generation + 1)


def test_a_branch_begins_with_a_generation_of_its_own(world: World) -> None:
    before = begin_branch(world)

    after = begin_branch(world)

    assert after.cloud == before.cloud
    assert after.generation == before.generation + 1
    assert after.branch != before.branch


def test_a_database_has_been_all_that_it_was(world: World) -> None:
    past = [begin_branch(world)]
    past += [raise_generation(world), begin_branch(world), raise_generation(world)]

    assert [has_been(world, origin) for origin in past] == [True] * 4


@pytest.mark.parametrize(
    "change",
    [
        {"cloud": instance(9)},
        {"branch": instance(9)},
        {"generation": 10**6},
    ],
)
def test_another_cloud_an_unknown_branch_and_the_future_have_not_been(
    world: World, change: dict[str, object]
) -> None:
    origin = begin_branch(world)

    assert has_been(world, origin)
    assert not has_been(world, replace(origin, **change))  # type: ignore[arg-type]


def test_a_branch_ends_where_the_next_one_begins(world: World) -> None:
    """The lost generations of a branch come again on the branch of the restored copy."""
    first = begin_branch(world)
    second = begin_branch(world)
    for _ in range(3):
        raise_generation(world)

    lost = replace(first, generation=second.generation)

    assert not has_been(world, lost)
    assert has_been(world, second)
