"""The same cloud in multi-host mode: each node is the gateway of its own guests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.checks import hold
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.multi_host import MultiHostStory


@pytest.fixture(scope="module")
def story(directory: Path) -> Iterator[MultiHostStory]:
    with Cloud(directory, multi_host=True) as cloud:
        cloud.open()
        yield MultiHostStory(cloud)


def test_7_every_guest_is_served_by_its_own_node(story: MultiHostStory) -> None:
    hold(story.guests_boot())


def test_7_guests_of_a_project_meet_across_the_trunk(story: MultiHostStory) -> None:
    hold(story.neighbours_meet())


def test_7_each_node_is_its_guests_way_out(story: MultiHostStory) -> None:
    hold(story.each_leaves_its_own_way())


def test_7_an_agent_that_stops_harms_nobody_elsewhere(story: MultiHostStory) -> None:
    hold(story.one_agent_stops())
