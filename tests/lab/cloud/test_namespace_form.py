"""The same story with nodes that are namespaces, inside one machine whose kernel has 802.1Q.

The guests are light ones: emulated ones would share the one processor of that machine.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.checks import assert_all
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.story import Story
from tests.lab.machines.site import Form


@pytest.fixture(scope="module")
def story(directory: Path) -> Iterator[Story]:
    with Cloud(directory, form=Form.NESTED) as cloud:
        cloud.deploy()
        yield Story(cloud)


def test_guests_get_their_leases(story: Story) -> None:
    assert_all([*story.check_networks(), *story.boot_guests(light=True)])


def test_guests_reach_their_own_project_and_the_outside_only(story: Story) -> None:
    assert_all(
        [*story.check_project_traffic(), *story.check_isolation(), *story.check_outbound_traffic()],
    )


def test_a_floating_ip_is_associated_and_disassociated(story: Story) -> None:
    assert_all([*story.associate_floating_ip(), *story.disassociate_floating_ip(within_seconds=5)])


def test_killed_agents_restart_without_losing_a_packet(story: Story) -> None:
    assert_all(story.kill_agents())


def test_nothing_of_deleted_guests_remains(story: Story) -> None:
    assert_all([*story.delete_last_guest_of_project(), *story.delete_guest()])
