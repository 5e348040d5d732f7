"""Telling hosts after the commit: whole, in few words, and without harm when nobody hears."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import pytest

from cloudnet.common.errors import BrokerUnavailable, NoMoreNetworks
from cloudnet.common.wire.objects import FixedRanges, NetworkGone, NetworkSnapshot, Snapshot
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.notify.queued import QueuedNotifier
from tests.fixtures.controller.world import SETTINGS, RecordedCaster, a_world


@dataclass
class Source:
    """SnapshotReader that only count how often they were asked for."""

    revision: int = 0
    asked: list[SnapshotKey] = field(default_factory=list)

    def get_snapshot(self, key: SnapshotKey) -> Snapshot | None:
        self.asked.append(key)
        if key.host == "stranger":
            return None
        return NetworkGone(key.network, key.host, self.revision)

    def get_ranges(self) -> FixedRanges:
        return FixedRanges(self.revision, ())


@dataclass
class Deaf(RecordedCaster):
    """A broker that is away for the first cast."""

    away: bool = True

    def cast_snapshot(self, snapshot: Snapshot) -> None:
        if self.away:
            raise BrokerUnavailable("no broker")
        super().cast_snapshot(snapshot)


@dataclass
class Slow(RecordedCaster):
    """Casts that take as long as the test likes."""

    gate: threading.Event = field(default_factory=threading.Event)

    def cast_snapshot(self, snapshot: Snapshot) -> None:
        self.gate.wait(5)
        super().cast_snapshot(snapshot)


def eventually(holds: Callable[[], object]) -> None:
    deadline = monotonic() + 5
    while not holds():
        assert monotonic() < deadline, "it did not come to that"
        sleep(0.005)


def test_a_burst_is_told_as_one_snapshot_of_how_it_ended() -> None:
    source, casts = Source(), Slow()
    notifier = QueuedNotifier(source, casts)
    notifier.notify_hosts([SnapshotKey("node1", "net")])
    eventually(lambda: source.asked)

    for source.revision in range(1, 50):
        notifier.notify_hosts([SnapshotKey("node1", "net")])
    casts.gate.set()
    notifier.close()

    assert casts.snapshots == [NetworkGone("net", "node1", 0), NetworkGone("net", "node1", 49)]


def test_what_is_left_at_the_end_is_told_before_it() -> None:
    source, casts = Source(), RecordedCaster()
    notifier = QueuedNotifier(source, casts)

    notifier.notify_hosts([SnapshotKey("node1", "net"), SnapshotKey("node2", "net")])
    notifier.notify_ranges()
    notifier.close()

    assert [snapshot.host for snapshot in casts.snapshots] == ["node1", "node2"]
    assert casts.all_ranges == [FixedRanges(0, ())]


def test_a_host_that_need_not_know_is_not_told() -> None:
    casts = RecordedCaster()
    notifier = QueuedNotifier(Source(), casts)

    notifier.notify_hosts([SnapshotKey("stranger", "net")])
    notifier.close()

    assert casts.snapshots == []


def test_a_broker_that_is_away_is_said_once_and_does_no_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source, casts = Source(), Deaf()
    notifier = QueuedNotifier(source, casts)

    with caplog.at_level(logging.INFO):
        for number in range(3):
            notifier.notify_hosts([SnapshotKey(f"node{number}", "net")])
            eventually(lambda: len(source.asked) == number + 1)  # noqa: B023 - run in this turn
        casts.away = False
        notifier.notify_hosts([SnapshotKey("node9", "net")])
        notifier.close()

    assert [record.message for record in caplog.records] == [
        "cannot notify hosts (no broker); their next heartbeats bring them the changes",
        "cannot notify hosts: resolved",
    ]
    assert [snapshot.host for snapshot in casts.snapshots] == ["node9"]


def test_hosts_hear_of_a_change_after_its_commit(tmp_path: Path) -> None:
    casts = RecordedCaster()
    with a_world(tmp_path, SETTINGS, casts) as world:
        world.network()
        world.boot(1, host="node2")
        eventually(lambda: len(casts.snapshots) == 2)

    told = {snapshot.host: snapshot for snapshot in casts.snapshots}
    assert isinstance(told["node1"], NetworkSnapshot)
    assert len(told["node1"].vifs) == 1
    assert len(casts.all_ranges) == 1


def test_hosts_hear_nothing_of_what_was_refused(tmp_path: Path) -> None:
    casts = RecordedCaster()
    with (
        a_world(tmp_path, SETTINGS, casts) as world,
        pytest.raises(NoMoreNetworks),
    ):
        world.boot(1)

    assert casts.snapshots == []
