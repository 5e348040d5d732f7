"""Revisions that no database had: whatever an agent was given, its host comes into sync again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloudnet.common.errors import BadRequest
from cloudnet.common.limits import REVISION
from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import FixedRanges, NetworkSnapshot
from tests.fixtures.cloud import Cloud, encode_and_decode, open_cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path) as made:
        made.world.network(size=1024)
        made.world.boot(1, "a", "node1")
        made.drop_messages()
        made.heartbeats(2)
        yield made


def cast_revision(cloud: Cloud, revision: int) -> None:
    """Cast the present snapshot of node1 with another revision, as a stranger on the queue may."""
    (present,) = cloud.node1.store.desired().networks
    false = replace(present, revision=revision, vifs=(), origin=cloud.node1.store.origin)
    cloud.node1.endpoint.apply_snapshot({}, encode_and_decode(to_wire(false)))
    cloud.node1.reconcile()


def test_a_snapshot_above_the_limit_is_dropped(cloud: Cloud) -> None:
    cast_revision(cloud, 2**63 - 1)

    assert len(cloud.node1.dhcp("br100")) == 1


def test_a_snapshot_at_the_limit_silences_no_host(cloud: Cloud) -> None:
    cast_revision(cloud, REVISION.highest)
    assert cloud.node1.dhcp("br100") == ()

    cloud.heartbeats(2)  # the host is ahead of the database, as after a restore
    cloud.world.services.agents.accept(["node1"])
    cloud.heartbeats(3)

    assert len(cloud.node1.dhcp("br100")) == 1
    cloud.world.boot(2, "a", "node1")
    cloud.deliver()
    assert len(cloud.node1.dhcp("br100")) == 2


def test_a_snapshot_that_cannot_be_applied_silences_no_host(cloud: Cloud) -> None:
    cloud.node1.kernel.refuse["dnsmasq br100"] = "no"
    cast_revision(cloud, REVISION.highest)
    cloud.heartbeats()
    cloud.node1.kernel.refuse.clear()
    cloud.node1.now += 600  # the back-off is over

    cloud.heartbeats(2)

    assert cloud.node1.store.held is None
    assert len(cloud.node1.dhcp("br100")) == 1


def test_ranges_of_a_revision_that_no_database_had_are_replaced(cloud: Cloud) -> None:
    before = cloud.node1.store.desired().ranges
    false = FixedRanges(REVISION.highest, (), cloud.node1.store.origin)
    cloud.node1.endpoint.apply_ranges({}, encode_and_decode(to_wire(false)))
    assert cloud.node1.store.desired().ranges.ranges == ()

    cloud.heartbeats()

    assert cloud.node1.store.desired().ranges == before


def test_a_snapshot_on_disk_is_checked_as_one_from_the_queue(cloud: Cloud) -> None:
    (present,) = cloud.node1.store.desired().networks
    file = cloud.node1.path / "snapshots" / f"network-{present.network}.json"
    text = file.read_text()
    file.write_text(text.replace(f'"revision": {present.revision}', f'"revision": {2**63 - 1}'))
    before = str(cloud.node1.kernel)

    cloud.node1.start_agent()
    cloud.heartbeats(2)

    assert isinstance(cloud.node1.store.desired().snapshots[0], NetworkSnapshot)
    assert cloud.node1.store.desired().snapshots[0].revision == present.revision
    assert str(cloud.node1.kernel) == before
    assert file.with_suffix(".unreadable").exists()


def refuse_report(cloud: Cloud, report: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=r"version '9\.0' of Report is not supported"):
        cloud.link.endpoint.report({}, encode_and_decode(report))


def test_a_host_whose_reports_are_refused_is_shown(cloud: Cloud) -> None:
    (last, _) = cloud.link.reports[-2:]
    report = to_wire(last) | {"version": "9.0"}
    refuse_report(cloud, report)

    (fault,) = cloud.world.services.overview.get_host("node1")["faults"]
    assert "report refused: " in fault["message"]
    rows = {row["host"]: row for row in cloud.world.services.overview.list_hosts()}
    assert rows["node1"]["faults"] == 1
    cloud.world.clock.pass_seconds(cloud.world.settings.service_down_seconds + 1)
    refuse_report(cloud, report)
    rows = {row["host"]: row for row in cloud.world.services.overview.list_hosts()}
    assert rows["node1"]["state"] == "refused"


def test_a_host_that_never_reported_is_shown_and_named(cloud: Cloud) -> None:
    cloud.world.boot(5, "a", "node1.example.net")

    rows = {row["host"]: row["state"] for row in cloud.world.services.overview.list_hosts()}
    assert rows["node1.example.net"] == "never reported"
    instance = "00000000-0000-0000-0000-000000000005"
    [line] = cloud.world.services.overview.explain_unwired(instance)
    assert line == (
        "host node1.example.net has never reported; known: node1, node2; see whether its agent "
        "runs under this name ([DEFAULT] host)"
    )
