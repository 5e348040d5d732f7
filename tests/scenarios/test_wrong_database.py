"""Databases of another cloud, or older than the hosts: nothing is taken from guests."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.common.errors import DatabaseRestored, InvalidInput
from cloudnet.controller.db import schema
from cloudnet.controller.db.engine import Database
from cloudnet.controller.endpoint import AgentsEndpoint
from cloudnet.controller.notify.port import NullNotifier
from tests.fixtures.cloud import Cloud, back_up, open_cloud, restore
from tests.fixtures.controller.world import (
    SETTINGS,
    World,
    build_world,
    instance,
    multi_host_settings,
)

GUESTS_AFTER_BACKUP = 20


@pytest.fixture(params=[multi_host_settings(), SETTINGS], ids=["multi-host", "single-host"])
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    """Two nodes, each with guests on networks of two projects; one network has no guest yet."""
    with open_cloud(tmp_path, request.param) as made:
        start_guests(made)
        yield made


@pytest.fixture
def multi_host_cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path, multi_host_settings()) as made:
        start_guests(made)
        yield made


def let_newer_hosts_report(cloud: Cloud) -> None:
    """Pass the time in which hosts report that a restored copy does not know."""
    cloud.world.clock.pass_seconds(2 * cloud.world.settings.report_interval_seconds)


def start_guests(cloud: Cloud) -> None:
    for number in range(3):
        cloud.world.network(f"private_{number}", size=1024)
    cloud.heartbeats()
    for number, project in enumerate("aba", start=1):
        cloud.world.boot(number, project, f"node{1 + number // 3}")
    settle(cloud)


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[World]:
    """A controller on another database, which is synced and empty."""
    url = f"sqlite:///{tmp_path}/other.sqlite"
    schema.upgrade(url)
    settings = replace(SETTINGS, database=url)
    with closing(Database(url)) as database:
        yield build_world(database, settings, NullNotifier())


def settle(cloud: Cloud) -> None:
    cloud.deliver()
    cloud.heartbeats(2)


def states(world: World) -> dict[str, str]:
    return {row["host"]: row["state"] for row in world.services.overview.list_hosts()}


def steps_of_heartbeats(cloud: Cloud, rounds: int = 2) -> list[str]:
    """Let the agents report; return all steps that their kernels saw."""
    steps: list[str] = []
    for _ in range(rounds):
        for node in cloud.nodes.values():
            node.heartbeat()
            steps += node.kernel.steps
    return steps


def test_an_empty_database_takes_nothing_from_running_guests(
    cloud: Cloud, empty_database: World
) -> None:
    before = str(cloud)
    cloud.link.endpoint = AgentsEndpoint(empty_database.services)

    assert steps_of_heartbeats(cloud) == []
    assert str(cloud) == before
    assert states(empty_database) == {"node1": "held", "node2": "held"}
    (fault,) = empty_database.services.overview.get_host("node1")["faults"]
    assert "answer refused: the database is of cloud" in fault["message"]


def test_a_restarted_agent_still_refuses_an_empty_database(
    cloud: Cloud, empty_database: World
) -> None:
    before = str(cloud)
    cloud.link.endpoint = AgentsEndpoint(empty_database.services)
    for node in cloud.nodes.values():
        node.start_agent()

    assert steps_of_heartbeats(cloud) == []
    assert str(cloud) == before


def test_hosts_obey_their_own_database_again_without_an_operator(
    multi_host_cloud: Cloud, empty_database: World
) -> None:
    cloud = multi_host_cloud
    own, cloud.link.endpoint = cloud.link.endpoint, AgentsEndpoint(empty_database.services)
    cloud.heartbeats(2)

    cloud.link.endpoint = own
    cloud.world.boot(9, "a", "node1")
    cloud.drop_messages()
    cloud.heartbeats(2)

    assert len(cloud.node1.dhcp("br100")) == 2
    assert states(cloud.world) == {"node1": "up", "node2": "up"}


def test_an_accepted_host_obeys_the_new_database(
    multi_host_cloud: Cloud, empty_database: World
) -> None:
    cloud = multi_host_cloud
    cloud.link.endpoint = AgentsEndpoint(empty_database.services)
    cloud.heartbeats(2)

    assert empty_database.services.agents.accept(["node1"]) == ["node1"]
    cloud.heartbeats(2)

    assert "dnsmasq" not in str(cloud.node1.kernel)
    assert "dnsmasq" in str(cloud.node2.kernel)
    assert states(empty_database) == {"node1": "up", "node2": "held"}
    with pytest.raises(InvalidInput, match="host node1 refuses no answer"):
        empty_database.services.agents.accept(["node1"])


@pytest.mark.sqlite  # a backup is a copy of its file
def test_after_a_restore_no_guest_is_cut_off_and_no_address_is_allocated_twice(
    cloud: Cloud,
) -> None:
    backup = back_up(cloud)
    numbers = range(10, 10 + GUESTS_AFTER_BACKUP)
    used = {cloud.world.address(n, "abc"[n % 3], f"node{1 + n % 2}") for n in numbers}
    settle(cloud)
    before = str(cloud)

    restore(cloud, backup)
    steps = steps_of_heartbeats(cloud)
    assert states(cloud.world) == {"node1": "held", "node2": "held"}
    cloud.world.services.agents.accept(None)
    steps += steps_of_heartbeats(cloud, 3)

    assert steps == []
    assert str(cloud) == before
    assert states(cloud.world) == {"node1": "up", "node2": "up"}
    let_newer_hosts_report(cloud)
    fresh = {cloud.world.address(n, "ab"[n % 2]) for n in range(100, 100 + GUESTS_AFTER_BACKUP)}
    assert cloud.world.address(200, "c") not in used
    assert not fresh & used
    reasons = {str(row.address): row.reason for row in cloud.world.services.fixed.list_fixed_ips()}
    assert all("restored from a backup" in (reasons[address] or "") for address in used)


@pytest.mark.sqlite  # a backup is a copy of its file
def test_a_recovered_guest_is_served_until_its_address_is_unreserved(
    multi_host_cloud: Cloud,
) -> None:
    cloud = multi_host_cloud
    backup = back_up(cloud)
    address = cloud.world.address(10, "a", "node1")
    settle(cloud)
    restore(cloud, backup)
    cloud.heartbeats(2)
    cloud.world.services.agents.accept(None)
    cloud.heartbeats(2)
    assert address in str(cloud.node1.dhcp("br100"))

    (row,) = [row for row in cloud.world.services.fixed.list_fixed_ips("node1") if row.reason]
    assert (str(row.address), row.instance_uuid) == (address, instance(10))
    cloud.world.services.fixed.unreserve(row.address)
    cloud.heartbeats(2)

    assert address not in str(cloud.node1.dhcp("br100"))
    assert len(cloud.node1.dhcp("br100")) == 1


@pytest.mark.sqlite  # a backup is a copy of its file
def test_a_restored_database_that_has_gone_on_is_still_an_older_copy(cloud: Cloud) -> None:
    backup = back_up(cloud)
    cloud.world.boot(10, "a", "node1")
    settle(cloud)
    before = str(cloud.node1.kernel)

    restore(cloud, backup)
    for number in range(20, 40):  # many generations later
        cloud.world.boot(number, "b", "node2")
    cloud.deliver()
    cloud.heartbeats(2)

    assert str(cloud.node1.kernel) == before
    assert states(cloud.world)["node1"] == "held"


def test_an_answer_that_would_end_most_of_the_service_is_refused(tmp_path: Path) -> None:
    with open_cloud(tmp_path, multi_host_settings()) as cloud:
        for number in range(4):
            project = f"p{number}"
            cloud.world.network(project, cidr=IPv4Network(f"10.0.{number}.0/24"))
            cloud.world.boot(number, project, "node1")
        settle(cloud)
        before = str(cloud.node1.kernel)

        with cloud.world.services.database.changing_schema() as connection:
            for table in ("fixed_ips", "virtual_interfaces"):
                connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - two names
            connection.execute(sa.text("UPDATE host_networks SET revision = revision + 1"))
        cloud.heartbeats(2)

        assert str(cloud.node1.kernel) == before
        (fault,) = cloud.world.services.overview.get_host("node1")["faults"]
        assert "end the service of 4 of the 4 networks" in fault["message"]


def test_the_end_of_two_networks_is_obeyed(multi_host_cloud: Cloud) -> None:
    cloud = multi_host_cloud
    for number in (1, 2):
        cloud.world.delete(number)
    cloud.drop_messages()
    cloud.heartbeats(2)

    assert "dnsmasq" not in str(cloud.node1.kernel)


@pytest.mark.sqlite  # a backup is a copy of its file
def test_after_a_restore_no_address_is_allocated_before_the_hosts_have_reported(
    cloud: Cloud,
) -> None:
    backup = back_up(cloud)
    used = cloud.world.address(10, "a", "node2")
    settle(cloud)
    restore(cloud, backup)
    cloud.world.services.hosts.note_restore(600)

    with pytest.raises(DatabaseRestored, match=r"have reported: node1, node2;"):
        cloud.world.address(11, "a")
    cloud.node1.heartbeat()
    cloud.node1.heartbeat()
    with pytest.raises(DatabaseRestored, match=r"have reported: node2;"):
        cloud.world.address(11, "a")
    cloud.heartbeats(2)
    with pytest.raises(DatabaseRestored, match=r"newer than the backup.* try again at"):
        cloud.world.address(11, "a")
    let_newer_hosts_report(cloud)

    assert cloud.world.address(11, "a") != used


@pytest.mark.sqlite  # a backup is a copy of its file
def test_a_host_that_is_newer_than_the_backup_has_time_to_report(
    tmp_path: Path,
) -> None:
    with open_cloud(tmp_path, multi_host_settings()) as cloud:
        cloud.world.network(size=32, project="a")
        backup = back_up(cloud)
        used = cloud.world.address(10, "a", "node2")
        settle(cloud)
        restore(cloud, backup)
        assert cloud.world.services.hosts.note_restore(600) == []
        with pytest.raises(DatabaseRestored, match="newer than the backup"):
            cloud.world.address(11, "a")
        cloud.heartbeats(2)
        let_newer_hosts_report(cloud)

        assert cloud.world.address(11, "a") != used


def test_a_host_that_is_down_is_not_waited_for_without_end(cloud: Cloud) -> None:
    cloud.world.services.hosts.note_restore(600)
    cloud.node1.heartbeat()
    with pytest.raises(DatabaseRestored):
        cloud.world.boot(11, "a")

    cloud.world.clock.pass_seconds(601)

    assert cloud.world.boot(11, "a")


def test_a_controller_that_starts_after_a_long_time_waits_for_the_hosts(cloud: Cloud) -> None:
    cloud.world.clock.pass_seconds(cloud.world.settings.service_down_seconds + 1)
    cloud.world.services.hosts.begin_branch()
    with pytest.raises(DatabaseRestored):
        cloud.world.boot(11, "a")

    cloud.heartbeats()
    let_newer_hosts_report(cloud)

    assert cloud.world.boot(11, "a")


@pytest.mark.sqlite  # a backup is a copy of its file
def test_what_a_held_host_reports_changes_no_more(multi_host_cloud: Cloud) -> None:
    cloud = multi_host_cloud
    backup = back_up(cloud)
    cloud.world.boot(10, "a", "node1")
    settle(cloud)
    restore(cloud, backup)
    cloud.heartbeats(2)
    let_newer_hosts_report(cloud)
    before = cloud.node1.store.held

    for number in range(20, 23):
        cloud.world.boot(number, "b", "node2")  # raises the generation
        cloud.heartbeats()

    assert before is not None
    assert cloud.node1.store.held == before
