import logging
import threading
import time
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.reconcile import HostStatus
from cloudnet.agent.report import QueuedController, Reporter, Unanswered
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.objects import Applied, Report, ReportedLease, ReportReply, Snapshot
from tests.fixtures.agent.snapshots import PRIVATE, RANGES, gone, network
from tests.fixtures.waiting import wait_for


class FakeController:
    """Answers with what it was told to, or not at all."""

    def __init__(self) -> None:
        self.stale: tuple[Snapshot, ...] = ()
        self.away = False
        self.heard: list[Report] = []

    def report(self, report: Report) -> ReportReply:
        if self.away:
            raise Unanswered("MessagingTimeout")
        self.heard.append(report)
        return ReportReply(RANGES, self.stale)


@pytest.fixture
def controller() -> FakeController:
    return FakeController()


@pytest.fixture
def store(tmp_path: Path) -> DesiredStore:
    return DesiredStore("node1", SnapshotCache(tmp_path))


@pytest.fixture
def reporter(store: DesiredStore, controller: FakeController) -> Reporter:
    return Reporter("node1", store, controller, 10)


LEASE = Lease("br100", IPv4Address("10.0.0.3"), "fa:16:3e:00:00:03")
STANDING = HostStatus(
    applied=(Applied(PRIVATE, 1),), leases=frozenset({LEASE}), networks=(("br100", PRIVATE),)
)


def test_it_tells_what_stands_and_takes_what_is_behind(
    reporter: Reporter, controller: FakeController, store: DesiredStore
) -> None:
    controller.stale = (network(revision=2),)
    reporter.stand(STANDING)

    assert reporter.once()

    assert controller.heard[0].applied == (Applied(PRIVATE, 1),)
    assert store.desired().wanted == [network(revision=2)]
    assert store.desired().synced


def test_leases_are_told_until_they_are_heard_and_then_only_when_they_change(
    reporter: Reporter, controller: FakeController
) -> None:
    reporter.stand(STANDING)
    controller.away = True
    reporter.once()
    controller.away = False
    reporter.once()
    reporter.once()

    assert [report.leases for report in controller.heard] == [
        (ReportedLease(PRIVATE, IPv4Address("10.0.0.3"), "fa:16:3e:00:00:03"),),
        None,
    ]


def test_what_is_gone_is_told_until_the_controller_has_nothing_against_it(
    reporter: Reporter, controller: FakeController, store: DesiredStore
) -> None:
    store.put(gone(revision=2))
    reporter.stand(HostStatus(gone=(gone(revision=2),)))
    controller.stale = (network(revision=3),)
    reporter.once()

    assert controller.heard[0].applied == (Applied(PRIVATE, 2),)
    assert store.desired().wanted == [network(revision=3)]

    store.put(gone(revision=4))
    reporter.stand(HostStatus(gone=(gone(revision=4),)))
    controller.stale = ()
    reporter.once()

    assert store.desired().snapshots == ()


def test_silence_is_said_once_and_its_end_too(
    reporter: Reporter, controller: FakeController, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    controller.away = True
    reporter.once()
    reporter.once()
    controller.away = False
    reporter.once()
    reporter.once()

    assert [record.getMessage() for record in caplog.records] == [
        "the controller does not answer (MessagingTimeout); will keep asking",
        "the controller answers again",
    ]


def test_leases_that_are_not_known_are_not_told(
    reporter: Reporter, controller: FakeController
) -> None:
    reporter.stand(STANDING)
    reporter.once()
    reporter.stand(HostStatus(unsettled=frozenset({PRIVATE})))
    reporter.once()
    reporter.stand(STANDING)
    reporter.once()

    assert [report.leases is None for report in controller.heard] == [False, True, True]


def test_nothing_is_reported_before_there_was_a_round(
    controller: FakeController, store: DesiredStore
) -> None:
    reporter = Reporter("node1", store, controller, 0.01)
    stop = threading.Event()
    running = threading.Thread(target=reporter.run, args=(stop,), daemon=True)
    running.start()
    time.sleep(0.1)
    assert controller.heard == []

    reporter.stand(STANDING)
    wait_for(lambda: bool(controller.heard), "a report", 5)
    stop.set()
    reporter.wake()
    running.join()

    assert controller.heard[0].applied == (Applied(PRIVATE, 1),)


class Deaf:
    """A client whose calls nobody answers."""

    def __init__(self) -> None:
        self.timeouts: list[float] = []

    def prepare(self, timeout: float | None = None, retry: int | None = None) -> "Deaf":
        if timeout is not None:
            self.timeouts.append(timeout)
        return self

    def call(self, *words: object, **arguments: object) -> None:
        raise messaging.MessagingTimeout


def test_the_first_answer_is_not_waited_for_as_long_as_the_last() -> None:
    client = Deaf()
    queued = QueuedController(client, 10)

    for _ in range(5):
        with pytest.raises(Unanswered, match="no answer in"):
            queued.report(Report("node1", ()))

    assert client.timeouts == [2, 4, 8, 10, 10]
