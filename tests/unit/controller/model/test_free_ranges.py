"""Free addresses as ranges."""

from __future__ import annotations

import pytest

from cloudnet.controller.model.free_ranges import list_free_ranges
from tests.fixtures.controller.world import World


@pytest.mark.parametrize(
    ("taken", "ranges"),
    [
        ([], ["10.0.0.3-10.0.0.14"]),
        ([3], ["10.0.0.4-10.0.0.14"]),
        ([1, 2, 14, 15], ["10.0.0.3-10.0.0.13"]),
        ([4, 6], ["10.0.0.3", "10.0.0.5", "10.0.0.7-10.0.0.14"]),
        (list(range(3, 15)), []),
    ],
)
def test_what_is_not_taken_is_listed_in_as_few_ranges_as_possible(
    world: World, taken: list[int], ranges: list[str]
) -> None:
    assert list_free_ranges(world.network(), taken) == ranges
