"""Notifying hosts after a commit: few caster, and no harm when the broker is unreachable."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import pytest

from cloudnet.common.errors import BrokerUnavailable, NoMoreNetworks
from cloudnet.common.wire.objects import (
    FixedRanges,
    NetworkGone,
    NetworkSnapshot,
    Origin,
    Snapshot,
    SnapshotPatch,
)
from cloudnet.controller.model.host_changes import WHOLE, Fold, HostChange
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.notify.queued import QueuedNotifier
from tests.fixtures.controller.world import SETTINGS, RecordedCaster, a_world


@dataclass
class Source:
    """Snapshots that name nothing but a revision; it records which ones are read."""

    revision: int = 0
    changed: set[SnapshotKey] = field(default_factory=set)
    read_keys: list[SnapshotKey] = field(default_factory=list)

    def get_change(self, change: HostChange) -> Snapshot | SnapshotPatch | None:
        key = change.key
        self.read_keys.append(key)
        if key.host == "other":
            return None
        return NetworkGone(key.network, key.host, self.revision)

    def raise_revisions(self, *, others: bool = False) -> tuple[Origin | None, Fold]:
        changes = tuple(
            HostChange(key, None, self.revision, (WHOLE,)) for key in sorted(self.changed)
        )
        self.changed.clear()
        origin = Origin("cloud", 1, "branch") if changes or others else None
        return origin, Fold(changes, is_complete=True)

    def get_ranges(self) -> FixedRanges:
        return FixedRanges(self.revision, ())

    def publish_dns(self) -> None:
        """No name has changed."""


@dataclass
class FailingCaster(RecordedCaster):
    """A caster that cannot reach the broker until that is changed."""

    is_unreachable: bool = True

    def cast_snapshot(self, snapshot: Snapshot) -> None:
        if self.is_unreachable:
            raise BrokerUnavailable("no broker")
        super().cast_snapshot(snapshot)


@dataclass
class BlockedCaster(RecordedCaster):
    """A caster that waits until its gate is open."""

    gate: threading.Event = field(default_factory=threading.Event)

    def cast_snapshot(self, snapshot: Snapshot) -> None:
        self.gate.wait(5)
        super().cast_snapshot(snapshot)


def change(source: Source, notifier: QueuedNotifier, *hosts: str) -> None:
    """Change a network on some hosts."""
    keys = [SnapshotKey(host, "net") for host in hosts]
    source.changed.update(keys)
    notifier.notify_hosts(keys)


def wait_until(is_met: Callable[[], object]) -> None:
    deadline = monotonic() + 5
    while not is_met():
        assert monotonic() < deadline, "not in 5 s"
        sleep(0.005)


def test_a_burst_of_changes_is_cast_as_one_snapshot_of_the_last_state() -> None:
    source, caster = Source(), BlockedCaster()
    notifier = QueuedNotifier(source, caster)
    change(source, notifier, "node1")
    wait_until(lambda: source.read_keys)

    for source.revision in range(1, 50):
        change(source, notifier, "node1")
    caster.gate.set()
    notifier.close()

    assert caster.snapshots == [NetworkGone("net", "node1", 0), NetworkGone("net", "node1", 49)]


def test_queued_changes_are_cast_before_the_notifier_ends() -> None:
    source, caster = Source(), RecordedCaster()
    notifier = QueuedNotifier(source, caster)

    change(source, notifier, "node1", "node2")
    notifier.notify_ranges()
    notifier.close()

    assert [snapshot.host for snapshot in caster.snapshots] == ["node1", "node2"]
    assert caster.all_ranges == [FixedRanges(0, ())]


def test_a_host_that_does_not_have_the_network_gets_no_cast() -> None:
    source, caster = Source(), RecordedCaster()
    notifier = QueuedNotifier(source, caster)

    change(source, notifier, "other")
    notifier.close()

    assert caster.snapshots == []


def test_an_unreachable_broker_is_logged_once_and_does_no_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source, caster = Source(), FailingCaster()
    notifier = QueuedNotifier(source, caster)

    with caplog.at_level(logging.INFO):
        for number in range(3):
            change(source, notifier, f"node{number}")
            wait_until(lambda: len(source.read_keys) == number + 1)  # noqa: B023 - run in this turn
        caster.is_unreachable = False
        change(source, notifier, "node9")
        notifier.close()

    assert [record.message for record in caplog.records] == [
        "cannot notify hosts (no broker); their next heartbeats bring them the changes",
        "cannot notify hosts: resolved",
    ]
    assert [snapshot.host for snapshot in caster.snapshots] == ["node9"]


def test_hosts_are_notified_of_a_change_after_its_commit(tmp_path: Path) -> None:
    caster = RecordedCaster()
    with a_world(tmp_path, SETTINGS, caster) as world:
        world.network()
        world.boot(1, host="node2")
        wait_until(lambda: len(caster.snapshots) == 2)

    cast = {snapshot.host: snapshot for snapshot in caster.snapshots}
    assert isinstance(cast["node1"], NetworkSnapshot)
    assert len(cast["node1"].vifs) == 1
    assert len(caster.all_ranges) == 1


def test_hosts_are_not_notified_of_a_refused_change(tmp_path: Path) -> None:
    caster = RecordedCaster()
    with (
        a_world(tmp_path, SETTINGS, caster) as world,
        pytest.raises(NoMoreNetworks),
    ):
        world.boot(1)

    assert caster.snapshots == []
