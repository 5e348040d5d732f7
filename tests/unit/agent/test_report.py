import logging
import threading
import time
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.report import LEASES_EVERY, NoReply, Reporter, RpcController
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.agent.status import HostStatus
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.objects import (
    Applied,
    Heartbeat,
    HeartbeatReply,
    Report,
    ReportedLease,
    ReportReply,
    Snapshot,
)
from tests.fixtures.agent.snapshots import PRIVATE, RANGES, gone, network
from tests.fixtures.waiting import wait_for


class FakeController:
    """Replies with ``stale``, or not at all while it is away."""

    def __init__(self) -> None:
        self.stale: tuple[Snapshot, ...] = ()
        self.away = False
        self.reports: list[Report] = []
        self.knows_digests = False
        self.knows_heartbeats = True
        self.heartbeats: list[Heartbeat] = []

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        if self.away or not self.knows_heartbeats:
            raise NoReply("MessagingTimeout")
        self.heartbeats.append(heartbeat)
        return HeartbeatReply(needs_report=not self.knows_digests)

    def report(self, report: Report) -> ReportReply:
        if self.away:
            raise NoReply("MessagingTimeout")
        self.reports.append(report)
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
STATUS = HostStatus(applied=(Applied(PRIVATE, 1),), leases=(LEASE,), bridges=(("br100", PRIVATE),))


def test_a_report_names_the_applied_revisions_and_its_reply_updates_the_store(
    reporter: Reporter, controller: FakeController, store: DesiredStore
) -> None:
    controller.stale = (network(revision=2),)
    reporter.update(STATUS)

    assert reporter.report()

    assert controller.reports[0].applied == (Applied(PRIVATE, 1),)
    assert store.desired().networks == [network(revision=2)]
    assert store.desired().synced


def test_leases_are_reported_until_a_reply_and_then_only_when_they_change(
    reporter: Reporter, controller: FakeController
) -> None:
    reporter.update(STATUS)
    controller.away = True
    reporter.report()
    controller.away = False
    reporter.report()
    reporter.report()

    assert [report.leases for report in controller.reports] == [
        (ReportedLease(PRIVATE, IPv4Address("10.0.0.3"), "fa:16:3e:00:00:03"),),
        None,
    ]


def test_leases_are_reported_now_and_then_because_the_database_may_have_changed(
    reporter: Reporter, controller: FakeController
) -> None:
    reporter.update(STATUS)
    for _ in range(2 * LEASES_EVERY + 3):
        reporter.report()

    sent = [number for number, report in enumerate(controller.reports) if report.leases]
    assert sent == [0, LEASES_EVERY + 1, 2 * LEASES_EVERY + 2]


def test_what_is_not_new_is_a_heartbeat_until_the_controller_asks_for_a_report(
    reporter: Reporter, controller: FakeController
) -> None:
    controller.knows_digests = True
    reporter.update(STATUS)
    for _ in range(3):
        reporter.report()
    assert (len(controller.reports), len(controller.heartbeats)) == (1, 2)
    assert {each.report for each in controller.heartbeats} == {controller.reports[0].digest}

    controller.knows_digests = False
    reporter.report()

    assert (len(controller.reports), len(controller.heartbeats)) == (2, 3)


def test_a_controller_that_answers_no_heartbeat_gets_the_report(
    reporter: Reporter, controller: FakeController
) -> None:
    controller.knows_heartbeats = False
    reporter.update(STATUS)

    assert [reporter.report() for _ in range(3)] == [True, True, True]
    assert len(controller.reports) == 3


def test_a_removed_network_is_reported_until_the_controller_does_not_want_it_back(
    reporter: Reporter, controller: FakeController, store: DesiredStore
) -> None:
    store.put(gone(revision=2))
    reporter.update(HostStatus(gone=(gone(revision=2),)))
    controller.stale = (network(revision=3),)
    reporter.report()

    assert controller.reports[0].applied == (Applied(PRIVATE, 2),)
    assert store.desired().networks == [network(revision=3)]

    store.put(gone(revision=4))
    reporter.update(HostStatus(gone=(gone(revision=4),)))
    controller.stale = ()
    reporter.report()

    assert store.desired().snapshots == ()


def test_a_controller_that_does_not_reply_is_logged_once_and_its_return_once(
    reporter: Reporter, controller: FakeController, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    controller.away = True
    reporter.report()
    reporter.report()
    controller.away = False
    reporter.report()
    reporter.report()

    assert [record.getMessage() for record in caplog.records] == [
        "cannot reach the controller (MessagingTimeout); retrying every 1–3 s",
        "cannot reach the controller: resolved",
    ]


def test_leases_that_are_not_known_are_not_reported(
    reporter: Reporter, controller: FakeController
) -> None:
    reporter.update(STATUS)
    reporter.report()
    reporter.update(HostStatus(out_of_sync=frozenset({PRIVATE})))
    reporter.report()
    reporter.update(STATUS)
    reporter.report()

    assert [report.leases is None for report in controller.reports] == [False, True, True]


def test_nothing_is_reported_before_the_first_pass(
    controller: FakeController, store: DesiredStore
) -> None:
    reporter = Reporter("node1", store, controller, 0.01)
    stop = threading.Event()
    running = threading.Thread(target=reporter.run, args=(stop,), daemon=True)
    running.start()
    time.sleep(0.1)
    assert controller.reports == []

    reporter.update(STATUS)
    wait_for(lambda: bool(controller.reports), "a report", 5)
    stop.set()
    reporter.wake()
    running.join()

    assert controller.reports[0].applied == (Applied(PRIVATE, 1),)


class ClientWithoutReplies:
    """Counts the timeouts of its calls."""

    def __init__(self) -> None:
        self.timeouts: list[float] = []

    def prepare(
        self, timeout: float | None = None, retry: int | None = None
    ) -> "ClientWithoutReplies":
        if timeout is not None:
            self.timeouts.append(timeout)
        return self

    def call(self, *words: object, **arguments: object) -> None:
        raise messaging.MessagingTimeout


def test_timeouts_grow_from_two_seconds_to_the_configured_one() -> None:
    client = ClientWithoutReplies()
    queued = RpcController(client, 10)

    for _ in range(5):
        with pytest.raises(NoReply, match="no reply in"):
            queued.report(Report("node1", ()))

    assert client.timeouts == [2, 4, 8, 10, 10]
