"""Casts lost, doubled and late; agents killed; disks and databases that are not what they were."""

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

from tests.fixtures.cloud import Cloud, a_cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with a_cloud(tmp_path) as made:
        two_networks(made)
        yield made


def two_networks(cloud: Cloud) -> None:
    for number in range(2):
        cloud.world.network(f"private_{number}", size=1024)
    cloud.heartbeats()


def test_a_lost_cast_is_made_up_for_by_the_next_heartbeat(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.lose()

    cloud.heartbeats()

    assert len(cloud.node1.dhcp("br100")) == 1


def test_a_controller_killed_between_commit_and_cast_loses_nothing(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node2")
    cloud.world.delete(1)
    cloud.world.boot(2, "b", "node2")
    cloud.lose()

    cloud.heartbeats()

    assert "bridge br100" not in str(cloud.node2.kernel)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers())
def test_casts_that_come_twice_late_or_not_at_all_change_nothing_in_the_end(
    seed: int,
) -> None:
    chance = random.Random(seed)
    with TemporaryDirectory() as path, a_cloud(Path(path)) as cloud:
        two_networks(cloud)
        cloud.deliver()
        _live(cloud, chance)
        letters = len(cloud.mailbox.letters)
        cloud.deliver(order=[chance.randrange(letters) for _ in range(letters)])
        cloud.heartbeats(2)
        after_trouble = networks_of(cloud)

        for node in cloud.nodes.values():  # the same from nothing
            node.kernel.resources.clear()
            shutil.rmtree(node.path)
            node.start_agent()
        cloud.heartbeats(2)

        assert networks_of(cloud) == after_trouble


def networks_of(cloud: Cloud) -> list[str]:
    """Return what stands, but for forwarding, which stays on when it is no longer needed."""
    return [line for line in str(cloud).splitlines() if line and line != "IPv4 forwarding"]


def _live(cloud: Cloud, chance: random.Random) -> None:
    """BootRequest and delete a few guests of two projects on two nodes."""
    running: list[int] = []
    for number in range(1, 9):
        if running and chance.random() < 0.4:
            cloud.world.delete(running.pop(chance.randrange(len(running))))
        else:
            cloud.world.boot(number, chance.choice("ab"), chance.choice(["node1", "node2"]))
            running.append(number)
        if chance.random() < 0.2:
            cloud.deliver()


def test_a_restarted_agent_changes_nothing(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.deliver()
    before = str(cloud)

    cloud.node1.start_agent()

    assert cloud.node1.turn() == []
    cloud.heartbeats()
    assert str(cloud) == before


def test_a_node_boots_whole_while_nobody_answers(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.deliver()
    before = str(cloud.node1.kernel)

    cloud.way.cut = True
    cloud.node1.kernel.resources.clear()
    cloud.node1.start_agent()
    cloud.node1.turn()

    assert str(cloud.node1.kernel) == before


def test_an_agent_without_its_disk_takes_nothing_away_and_learns_it_all_again(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.deliver()
    before = str(cloud)

    shutil.rmtree(cloud.node1.path)
    cloud.node1.start_agent()

    assert cloud.node1.turn() == []
    cloud.heartbeats()
    assert str(cloud) == before


def test_hosts_follow_a_database_that_was_restored_from_an_older_copy(
    cloud: Cloud, tmp_path: Path
) -> None:
    database = tmp_path / "cloudnet.sqlite"
    cloud.world.boot(1, "a", "node1")
    cloud.deliver()
    cloud.heartbeats()
    cloud.world.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    with a_copy(database) as copy:
        for number in (2, 3, 4):
            cloud.world.boot(number, "a", "node1")
        cloud.deliver()
        cloud.heartbeats()
        assert len(cloud.node1.dhcp("br100")) == 4

        restore(cloud, copy)
        cloud.heartbeats(2)

    assert len(cloud.node1.dhcp("br100")) == 1


def test_hosts_learn_of_ranges_that_a_restored_database_did_not_know(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.world.clock.now = datetime.now(UTC)
    cloud.world.boot(1, "a", "node1")
    cloud.world.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    with a_copy(tmp_path / "cloudnet.sqlite") as copy:
        for number in range(4):
            cloud.world.network(f"more{number}", cidr=IPv4Network(f"10.{100 + number}.0.0/24"))
        cloud.deliver()
        cloud.heartbeats()

        restore(cloud, copy)
        cloud.world.clock.pass_seconds(1)
        cloud.world.network("after", cidr=IPv4Network("10.200.0.0/24"))
        cloud.heartbeats(2)

    assert IPv4Network("10.200.0.0/28") in cloud.node1.store.desired().ranges.ranges


class a_copy:  # noqa: N801 - reads as a phrase: with a_copy(…)
    """A copy of a database file, gone afterwards."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.path = database.with_suffix(".copy")

    def __enter__(self) -> Path:
        shutil.copy(self.database, self.path)
        return self.path

    def __exit__(self, *error: object) -> None:
        self.path.unlink()


def restore(cloud: Cloud, copy: Path) -> None:
    """Put the copy in the place of the database, as an operator would with the service down."""
    cloud.world.services.database.close()
    database = copy.with_suffix(".sqlite")
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, database)
