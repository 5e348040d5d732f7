"""The two-node cloud of the seed, one node being the gateway, told once from the first guest on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.checks import hold
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.story import Story


@pytest.fixture(scope="module")
def story(directory: Path) -> Iterator[Story]:
    with Cloud(directory) as cloud:
        cloud.open()
        yield Story(cloud)


def test_1_four_networks_with_their_own_vlans_appear(story: Story) -> None:
    hold(story.networks_appear())


def test_2_every_guest_gets_its_first_lease_on_its_first_try(story: Story) -> None:
    hold(story.guests_boot())


def test_3_guests_of_a_project_meet_across_the_trunk(story: Story) -> None:
    hold(story.neighbours_meet())


def test_3_guests_of_two_projects_do_not_reach_each_other(story: Story) -> None:
    hold(story.strangers_do_not())


def test_3_every_guest_reaches_the_outside_by_the_public_address(story: Story) -> None:
    hold(story.everyone_gets_out())


def test_4_a_floating_ip_leads_in_and_out(story: Story) -> None:
    hold(story.floating_ip_arrives())


def test_4_streams_stop_when_the_floating_ip_leaves(story: Story) -> None:
    hold(story.floating_ip_leaves())


def test_6_killed_agents_come_back_without_losing_a_packet(story: Story) -> None:
    hold(story.agents_are_killed())


def test_5_the_last_guest_of_a_project_takes_its_network_off_the_node(story: Story) -> None:
    hold(story.the_last_guest_goes())


def test_5_nothing_of_a_deleted_guest_is_left(story: Story) -> None:
    hold(story.a_guest_goes())
