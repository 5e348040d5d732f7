"""The two-node cloud with node1 as the only gateway: one story from the first guest to the last."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.checks import assert_all
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.example import run_example
from tests.lab.cloud.story import Story


@pytest.fixture(scope="module")
def story(directory: Path) -> Iterator[Story]:
    with Cloud(directory) as cloud:
        cloud.deploy()
        yield Story(cloud)


def test_1_four_networks_have_their_own_vlans(story: Story) -> None:
    assert_all(story.check_networks())


def test_2_every_guest_gets_a_lease_at_its_first_discover(story: Story) -> None:
    assert_all(story.boot_guests())


def test_3_guests_of_a_project_reach_each_other_across_the_trunk(story: Story) -> None:
    assert_all(story.check_project_traffic())


def test_3_guests_of_two_projects_do_not_reach_each_other(story: Story) -> None:
    assert_all(story.check_isolation())


def test_3_every_guest_reaches_the_outside_from_the_public_address(story: Story) -> None:
    assert_all(story.check_outbound_traffic())


def test_4_a_floating_ip_works_in_both_directions(story: Story) -> None:
    assert_all(story.associate_floating_ip())


def test_4_streams_stop_when_the_floating_ip_is_disassociated(story: Story) -> None:
    assert_all(story.disassociate_floating_ip(within_seconds=5))


def test_6_killed_agents_restart_without_losing_a_packet(story: Story) -> None:
    assert_all(story.kill_agents())


def test_5_a_project_network_is_removed_from_a_node_with_its_last_guest(
    story: Story,
) -> None:
    assert_all(story.delete_last_guest_of_project())


def test_5_nothing_of_a_deleted_guest_remains(story: Story) -> None:
    assert_all(story.delete_guest())


def test_8_the_example_of_the_documents_boots_a_guest_and_leaves_nothing(story: Story) -> None:
    assert_all(run_example(story.cloud))
