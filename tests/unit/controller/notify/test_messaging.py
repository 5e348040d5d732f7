"""Telling hosts after the commit: whole, in few words, and without harm when nobody hears."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import pytest

from cloudnet.common.errors import NoMoreNetworks
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.objects import FixedRanges, NetworkGone, NetworkSnapshot, Snapshot
from cloudnet.controller.model.records import Touched
from cloudnet.controller.notify.messaging import Announcer
from tests.fixtures.controller.world import SETTINGS, RecordedCasts, a_world


@dataclass
class Source:
    """SnapshotReader that only count how often they were asked for."""

    revision: int = 0
    asked: list[Touched] = field(default_factory=list)

    def snapshot(self, touched: Touched) -> Snapshot | None:
        self.asked.append(touched)
        if touched.host == "stranger":
            return None
        return NetworkGone(touched.network, touched.host, self.revision)

    def ranges(self) -> FixedRanges:
        return FixedRanges(self.revision, ())


@dataclass
class Deaf(RecordedCasts):
    """A broker that is away for the first cast."""

    away: bool = True

    def snapshot(self, snapshot: Snapshot) -> None:
        if self.away:
            raise messaging.MessageDeliveryFailure("no broker")
        super().snapshot(snapshot)


@dataclass
class Slow(RecordedCasts):
    """Casts that take as long as the test likes."""

    gate: threading.Event = field(default_factory=threading.Event)

    def snapshot(self, snapshot: Snapshot) -> None:
        self.gate.wait(5)
        super().snapshot(snapshot)


def eventually(holds: Callable[[], object]) -> None:
    deadline = monotonic() + 5
    while not holds():
        assert monotonic() < deadline, "it did not come to that"
        sleep(0.005)


def test_a_burst_is_told_as_one_snapshot_of_how_it_ended() -> None:
    source, casts = Source(), Slow()
    announcer = Announcer(source, casts)
    announcer.hosts([Touched("node1", "net")])
    eventually(lambda: source.asked)

    for source.revision in range(1, 50):
        announcer.hosts([Touched("node1", "net")])
    casts.gate.set()
    announcer.close()

    assert casts.snapshots == [NetworkGone("net", "node1", 0), NetworkGone("net", "node1", 49)]


def test_what_is_left_at_the_end_is_told_before_it() -> None:
    source, casts = Source(), RecordedCasts()
    announcer = Announcer(source, casts)

    announcer.hosts([Touched("node1", "net"), Touched("node2", "net")])
    announcer.ranges()
    announcer.close()

    assert [snapshot.host for snapshot in casts.snapshots] == ["node1", "node2"]
    assert casts.all_ranges == [FixedRanges(0, ())]


def test_a_host_that_need_not_know_is_not_told() -> None:
    casts = RecordedCasts()
    announcer = Announcer(Source(), casts)

    announcer.hosts([Touched("stranger", "net")])
    announcer.close()

    assert casts.snapshots == []


def test_a_broker_that_is_away_is_said_once_and_does_no_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source, casts = Source(), Deaf()
    announcer = Announcer(source, casts)

    with caplog.at_level(logging.INFO):
        for number in range(3):
            announcer.hosts([Touched(f"node{number}", "net")])
            eventually(lambda: len(source.asked) == number + 1)  # noqa: B023 - run in this turn
        casts.away = False
        announcer.hosts([Touched("node9", "net")])
        announcer.close()

    assert [record.message for record in caplog.records] == [
        "hosts cannot be told now (no broker); their heartbeats will ask",
        "hosts are told again",
    ]
    assert [snapshot.host for snapshot in casts.snapshots] == ["node9"]


def test_hosts_hear_of_a_change_after_its_commit(tmp_path: Path) -> None:
    casts = RecordedCasts()
    with a_world(tmp_path, SETTINGS, casts) as world:
        world.network()
        world.boot(1, host="node2")
        eventually(lambda: len(casts.snapshots) == 2)

    told = {snapshot.host: snapshot for snapshot in casts.snapshots}
    assert isinstance(told["node1"], NetworkSnapshot)
    assert len(told["node1"].vifs) == 1
    assert len(casts.all_ranges) == 1


def test_hosts_hear_nothing_of_what_was_refused(tmp_path: Path) -> None:
    casts = RecordedCasts()
    with (
        a_world(tmp_path, SETTINGS, casts) as world,
        pytest.raises(NoMoreNetworks),
    ):
        world.boot(1)

    assert casts.snapshots == []
