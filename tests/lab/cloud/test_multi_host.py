"""The same cloud in multi-host mode: each node is the gateway of its own guests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.checks import assert_all
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.multi_host import MultiHostStory


@pytest.fixture(scope="module")
def story(directory: Path) -> Iterator[MultiHostStory]:
    with Cloud(directory, multi_host=True) as cloud:
        cloud.deploy()
        yield MultiHostStory(cloud)


def test_7_every_guest_is_served_by_its_own_node(story: MultiHostStory) -> None:
    assert_all(story.boot_guests())


def test_7_guests_of_a_project_reach_each_other_across_the_trunk(story: MultiHostStory) -> None:
    assert_all(story.check_project_traffic())


def test_7_guests_reach_the_outside_through_their_own_node(story: MultiHostStory) -> None:
    assert_all(story.check_outbound_traffic())


def test_7_an_agent_that_stops_does_not_affect_other_nodes(story: MultiHostStory) -> None:
    assert_all(story.stop_one_agent())
