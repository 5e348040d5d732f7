"""The heartbeat: tells the controller what stands here, and takes what it says is behind.

It is the repair for every message that was lost. A controller or a broker that does not answer is
said once, asked again after growing pauses that differ from host to host, and greeted when back.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import Any, Protocol

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.reconcile import HostStatus
from cloudnet.common.errors import CloudnetError
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import OUT_OF_SYNC, Applied, Report, ReportedLease, ReportReply

LOG = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.05  # seconds between two reports, so that a burst of rounds is told once
LONGEST_SILENCE = 30.0  # seconds between two tries while nobody answers
FIRST_PATIENCE = 2.0  # seconds for an answer; doubled when it was too short


class Controller(Protocol):
    """What the reporter needs of the controller."""

    def report(self, report: Report) -> ReportReply:
        """Tell and be told.

        :raises Unanswered: nobody did
        """


class Unanswered(Exception):  # noqa: N818 - not an error here: the next report is the remedy
    """The controller has not answered, and why."""


class QueuedController:
    """The controller at the other end of the queue."""

    def __init__(self, client: Any, timeout_seconds: float) -> None:  # Any: oslo.messaging's client
        """:param timeout_seconds: the longest to wait for an answer"""
        self._client = client.prepare(retry=0)
        self._timeout = timeout_seconds
        # What is sent before a controller listens is lost, and nobody says so: the first wait is
        # short, that a node need not stand idle because it was up first.
        self._patience = min(FIRST_PATIENCE, timeout_seconds)

    def report(self, report: Report) -> ReportReply:
        """Call the controller's ``report``."""
        client = self._client.prepare(timeout=self._patience)
        try:
            return from_wire(ReportReply, client.call({}, "report", report=to_wire(report)))
        except messaging.MessagingTimeout as error:
            waited, self._patience = self._patience, min(self._patience * 2, self._timeout)
            raise Unanswered(f"no answer in {waited:.0f} s") from error
        except (
            messaging.MessageDeliveryFailure,
            messaging.RemoteError,
            messaging.MessagingException,
            CloudnetError,
        ) as error:
            raise Unanswered(f"{type(error).__name__}: {error}".splitlines()[0]) from error

    def leased(self, action: str, address: str, mac: str) -> None:
        """Cast one lease event; when it is lost, the next report makes up for it."""
        try:
            self._client.cast({}, f"{action}_fixed_ip", address=address, mac=mac)
        except messaging.MessagingException as error:
            LOG.debug("lease event of %s not delivered: %s", address, error)


class Reporter:
    """One thread that reports: at once when something new stands, else every interval."""

    def __init__(
        self, host: str, store: DesiredStore, controller: Controller, interval_seconds: float
    ) -> None:
        self._host = host
        self._store = store
        self._controller = controller
        self._interval = interval_seconds
        self._standing: HostStatus | None = None  # None: there was no round yet
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._leases_known: tuple[ReportedLease, ...] | None = None
        self._silent_since_reports = 0

    def stand(self, standing: HostStatus) -> None:
        """Take note of what stands; called by the loop after each round."""
        with self._lock:
            before, self._standing = self._standing, standing
        if before is None or _told(before) != _told(standing):
            self._news.set()

    def run(self, stop: threading.Event) -> None:
        """Report until told to stop; first when there was a round: before, nothing is known."""
        while self._standing is None and not stop.is_set():
            self._news.wait(self._interval)
        while not stop.is_set():
            self._news.clear()
            try:
                self.once()
            except Exception:
                LOG.exception("a report failed")
            self._news.wait(self._pause())
            stop.wait(SHORTEST_PAUSE)

    def wake(self) -> None:
        """Report now; used to stop as well."""
        self._news.set()

    def once(self) -> bool:
        """Report; False when nobody answered."""
        with self._lock:
            standing = self._standing or HostStatus()
        leases = _leases(standing)
        report = Report(
            self._host,
            applied=_applied(standing),
            faults=standing.faults,
            leases=None if leases == self._leases_known else leases,  # None stays None
        )
        try:
            picture = self._controller.report(report)
        except Unanswered as reason:
            if not self._silent_since_reports:
                LOG.warning("the controller does not answer (%s); will keep asking", reason)
            self._silent_since_reports += 1
            return False
        if self._silent_since_reports:
            LOG.info("the controller answers again")
            self._silent_since_reports = 0
        self._leases_known = self._leases_known if leases is None else leases
        stale = {snapshot.network for snapshot in picture.stale}
        self._store.put_reply(picture)
        for gone in standing.gone:
            if gone.network not in stale:
                self._store.forget(gone)
        return True

    def _pause(self) -> float:
        """The interval; while nobody answers, soon and then less and less often."""
        silent = self._silent_since_reports
        grown = min(2.0 ** min(silent - 1, 9), LONGEST_SILENCE)
        # Hosts that lost the controller together shall not all ask together.
        return (grown if silent else self._interval) * random.uniform(0.9, 1.1)  # noqa: S311


def _told(standing: HostStatus) -> tuple[object, ...]:
    """What the controller wants to know at once; leases reach it by their own casts."""
    return _applied(standing), standing.faults


def _applied(standing: HostStatus) -> tuple[Applied, ...]:
    every = (
        *standing.applied,
        *(Applied(gone.network, gone.revision) for gone in standing.gone),
        *(Applied(network, OUT_OF_SYNC) for network in standing.unsettled),
    )
    return tuple(sorted(every, key=lambda applied: applied.network))


def _leases(standing: HostStatus) -> tuple[ReportedLease, ...] | None:
    if standing.leases is None:
        return None
    network_of = dict(standing.networks)
    return tuple(
        sorted(
            (
                ReportedLease(network_of[lease.bridge], lease.address, lease.mac)
                for lease in standing.leases
                if lease.bridge in network_of
            ),
            key=lambda lease: (lease.network, lease.address),
        )
    )
