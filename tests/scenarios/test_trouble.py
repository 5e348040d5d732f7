"""Casts lost, duplicated and late; agents restarted; disks lost."""

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.cloud import Cloud, back_up, open_cloud, restore


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path) as made:
        two_networks(made)
        yield made


def two_networks(cloud: Cloud) -> None:
    for number in range(2):
        cloud.world.network(f"private_{number}", size=1024)
    cloud.heartbeats()


def test_the_next_heartbeat_replaces_a_lost_cast(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.drop_messages()

    cloud.heartbeats()

    assert len(cloud.node1.dhcp("br100")) == 1


def test_a_controller_killed_between_commit_and_cast_loses_nothing(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node2")
    cloud.world.delete(1)
    cloud.world.boot(2, "b", "node2")
    cloud.drop_messages()

    cloud.heartbeats()

    assert "bridge br100" not in str(cloud.node2.kernel)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers())
def test_casts_may_arrive_twice_late_or_never(
    seed: int,
) -> None:
    randomness = random.Random(seed)
    with TemporaryDirectory() as path, open_cloud(Path(path)) as cloud:
        two_networks(cloud)
        cloud.deliver()
        _boot_and_delete_guests(cloud, randomness)
        messages = len(cloud.mailbox.messages)
        cloud.deliver(order=[randomness.randrange(messages) for _ in range(messages)])
        cloud.heartbeats(2)
        after_failures = list_resources(cloud)

        for node in cloud.nodes.values():  # start again with nothing
            node.kernel.resources.clear()
            shutil.rmtree(node.path)
            node.start_agent()
        cloud.heartbeats(2)

        assert list_resources(cloud) == after_failures


def list_resources(cloud: Cloud) -> list[str]:
    """Return all resources except forwarding, which stays on when it is no longer needed."""
    return [line for line in str(cloud).splitlines() if line and line != "IPv4 forwarding"]


def _boot_and_delete_guests(cloud: Cloud, randomness: random.Random) -> None:
    """Boot and delete a few guests of two projects on two nodes."""
    running: list[int] = []
    for number in range(1, 9):
        if running and randomness.random() < 0.4:
            cloud.world.delete(running.pop(randomness.randrange(len(running))))
        else:
            cloud.world.boot(number, randomness.choice("ab"), randomness.choice(["node1", "node2"]))
            running.append(number)
        if randomness.random() < 0.2:
            cloud.deliver()


def test_a_restarted_agent_changes_nothing(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.deliver()
    before = str(cloud)

    cloud.node1.start_agent()

    assert cloud.node1.reconcile() == []
    cloud.heartbeats()
    assert str(cloud) == before


def test_a_node_rebuilds_its_network_while_the_controller_does_not_answer(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.deliver()
    before = str(cloud.node1.kernel)

    cloud.link.cut = True
    cloud.node1.kernel.resources.clear()
    cloud.node1.start_agent()
    cloud.node1.reconcile()

    assert str(cloud.node1.kernel) == before


def test_an_agent_without_its_disk_removes_nothing_and_recovers(
    cloud: Cloud,
) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.deliver()
    before = str(cloud)

    shutil.rmtree(cloud.node1.path)
    cloud.node1.start_agent()

    assert cloud.node1.reconcile() == []
    cloud.heartbeats()
    assert str(cloud) == before


@pytest.mark.sqlite  # a backup is a copy of its file
def test_hosts_get_ranges_created_after_a_database_was_restored(cloud: Cloud) -> None:
    cloud.world.clock.now = datetime.now(UTC)
    cloud.world.boot(1, "a", "node1")
    backup = back_up(cloud)
    for number in range(4):
        cloud.world.network(f"more{number}", cidr=IPv4Network(f"10.{100 + number}.0.0/24"))
    cloud.deliver()
    cloud.heartbeats()

    restore(cloud, backup)
    cloud.heartbeats(2)
    cloud.world.services.agents.accept(None)
    cloud.world.clock.pass_seconds(1)
    cloud.world.network("after", cidr=IPv4Network("10.200.0.0/24"))
    cloud.heartbeats(2)

    assert IPv4Network("10.200.0.0/28") in cloud.node1.store.desired().ranges.ranges
