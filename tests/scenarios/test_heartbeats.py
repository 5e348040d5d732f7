"""Heartbeats that report no change: they are small, write nothing, and hide nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.common.wire.codec import to_wire
from tests.fixtures.cloud import Cloud, open_cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """Two hosts in sync, whose agents have nothing new to report."""
    with open_cloud(tmp_path) as made:
        made.world.network(size=64)
        for number in range(1, 21):
            made.world.boot(number, "a", "node2")
        made.deliver()
        made.heartbeats(4)
        made.link.reports.clear()
        made.link.heartbeats.clear()
        yield made


def test_a_heartbeat_without_news_writes_nothing_and_is_small(cloud: Cloud) -> None:
    statements: list[str] = []
    note = lambda *args: statements.append(args[2])  # noqa: E731 - an event handler
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        cloud.heartbeats(3)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)

    assert cloud.link.reports == []
    assert len(cloud.link.heartbeats) == 6
    assert max(len(json.dumps(to_wire(each))) for each in cloud.link.heartbeats) < 400
    assert {each.split()[0] for each in statements} == {"SELECT", "BEGIN"}
    assert "BEGIN IMMEDIATE" not in statements


def test_the_time_of_a_heartbeat_is_written_for_all_hosts_at_once(cloud: Cloud) -> None:
    cloud.world.clock.pass_seconds(55)
    cloud.heartbeats()
    cloud.world.services.heartbeats.record_seen()
    cloud.world.clock.pass_seconds(55)

    states = {row["host"]: row["state"] for row in cloud.world.services.overview.list_hosts()}

    assert states == {"node1": "up", "node2": "up"}


def test_a_host_without_heartbeats_is_down(cloud: Cloud) -> None:
    cloud.world.clock.pass_seconds(61)
    cloud.node1.heartbeat()
    cloud.world.services.heartbeats.record_seen()

    states = {row["host"]: row["state"] for row in cloud.world.services.overview.list_hosts()}

    assert states == {"node1": "up", "node2": "down"}


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE host_networks SET revision = revision + 1 WHERE host = 'node1'",
        "UPDATE host_networks SET applied_revision = NULL WHERE host = 'node1'",
        "DELETE FROM host_networks WHERE host = 'node1'",
        "DELETE FROM host_agents WHERE host = 'node1'",
        "UPDATE revisions SET value = value + 1 WHERE name = 'fixed_ranges'",
    ],
)
def test_a_change_of_the_database_without_a_message_is_found(cloud: Cloud, edit: str) -> None:
    cloud.world.edit(edit)

    cloud.node1.heartbeat()

    assert len(cloud.link.reports) == 1


def test_a_lost_cast_is_made_up_for_by_the_next_heartbeat(cloud: Cloud) -> None:
    cloud.world.boot(21, "a", "node2")
    cloud.drop_messages()

    cloud.node1.heartbeat()

    assert len(cloud.node1.dhcp("br100")) == 21


def test_a_change_on_the_host_is_reported_at_once(cloud: Cloud) -> None:
    cloud.node1.kernel.refuse["dnsmasq br100"] = "no"
    cloud.world.boot(21, "a", "node2")
    cloud.deliver()

    cloud.node1.heartbeat()

    assert cloud.link.reports[0].faults != ()


def test_a_controller_that_starts_gets_a_report(cloud: Cloud) -> None:
    cloud.world.services.hosts.begin_branch()

    cloud.heartbeats()

    assert {report.host for report in cloud.link.reports} == {"node1", "node2"}
