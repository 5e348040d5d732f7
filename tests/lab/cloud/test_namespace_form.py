"""The same story with nodes that are namespaces, inside one machine that has all they need.

The guests are light ones: four real machines would take turns on the one processor there is.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.checks import hold
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.story import Story
from tests.lab.machines.site import Form


@pytest.fixture(scope="module")
def story(directory: Path) -> Iterator[Story]:
    with Cloud(directory, form=Form.NESTED) as cloud:
        cloud.open()
        yield Story(cloud)


def test_guests_get_their_leases(story: Story) -> None:
    hold([*story.networks_appear(), *story.guests_boot(light=True)])


def test_guests_reach_whom_they_should_and_nobody_else(story: Story) -> None:
    hold(
        [*story.neighbours_meet(), *story.strangers_do_not(), *story.everyone_gets_out()],
    )


def test_a_floating_ip_comes_and_goes(story: Story) -> None:
    hold([*story.floating_ip_arrives(), *story.floating_ip_leaves()])


def test_killed_agents_come_back_without_losing_a_packet(story: Story) -> None:
    hold(story.agents_are_killed())


def test_guests_go_without_a_trace(story: Story) -> None:
    hold([*story.the_last_guest_goes(), *story.a_guest_goes()])
