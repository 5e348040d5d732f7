"""The heartbeat: reports the host's status and takes what the controller sends back as stale.

It is the repair for every message that was lost. While the controller does not reply, it is asked
again after growing pauses that differ from host to host.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.reply import decode_reply
from cloudnet.agent.status import HostStatus
from cloudnet.common.errors import CloudnetError
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.queue_library import BROKER_ERRORS
from cloudnet.common.retry import Backoff
from cloudnet.common.rpc import describe_failure, messaging
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.digests import digest_applied, digest_report
from cloudnet.common.wire.objects import (
    AgentIdentity,
    Heartbeat,
    HeartbeatReply,
    Report,
    ReportedLease,
    ReportReply,
)

LOG = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.05  # seconds between two reports: a burst of passes is one report
BACKOFF = Backoff(first_seconds=1.0, longest_seconds=3.0, jitter=0.2)
FIRST_TIMEOUT = 2.0  # seconds for a reply; doubled when it was too short
LEASES_EVERY = 30  # reports after which the leases are sent again although they have not changed
_FAILURES: tuple[type[Exception], ...] = (*BROKER_ERRORS, CloudnetError)
UNREACHABLE = "cannot reach the controller"


class Controller(Protocol):
    """What the reporter needs of the controller."""

    def report(self, report: Report) -> ReportReply:
        """Send a report and return the reply.

        :raises NoReply: there was none
        """

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        """Send a heartbeat in place of a report that would be the same as the last one.

        :raises NoReply: there was none
        """


class NoReply(Exception):  # noqa: N818 - not an error here: the next report is the remedy
    """Why the controller did not reply."""


class RpcController:
    """The controller at the other end of the queue."""

    def __init__(self, client: Any, timeout_seconds: float) -> None:  # Any: oslo.messaging's client
        """:param timeout_seconds: the longest to wait for a reply"""
        # Without a retry, the library never replaces a connection that has ended.
        self._client = client.prepare(retry=1)
        self._longest_timeout = timeout_seconds
        # A report that is sent before any controller listens is lost without an error. So the
        # first timeout is short: a host that was up first does not wait long for its networks.
        self._timeout = min(FIRST_TIMEOUT, timeout_seconds)

    def report(self, report: Report) -> ReportReply:
        """Call the controller's ``report``."""
        return decode_reply(self._call("report", report=to_wire(report)))

    def heartbeat(self, heartbeat: Heartbeat) -> HeartbeatReply:
        """Call the controller's ``heartbeat``."""
        return from_wire(HeartbeatReply, self._call("heartbeat", heartbeat=to_wire(heartbeat)))

    def _call(self, method: str, **arguments: Any) -> Any:  # Any: JSON
        client = self._client.prepare(timeout=self._timeout)
        try:
            return client.call({}, method, **arguments)
        except messaging.MessagingTimeout as error:
            waited = self._timeout
            self._timeout = min(waited * 2, self._longest_timeout)
            raise NoReply(f"no reply in {waited:.0f} s") from error
        except messaging.RemoteError as error:
            raise NoReply(f"it refuses this host's {method}: {error}".splitlines()[0]) from error
        except _FAILURES as error:
            raise NoReply(describe_failure(type(error).__name__, error)) from error

    def cast_lease(self, action: str, address: str, mac: str) -> None:
        """Send one lease event; if it is lost, the next report makes up for it."""
        try:
            self._client.cast({}, f"{action}_fixed_ip", address=address, mac=mac)
        except BROKER_ERRORS as error:
            LOG.debug("lease of %s: event not delivered: %s", address, error)


class Reporter:
    """Reports at once when the status changes, and after each interval."""

    def __init__(
        self,
        host: str,
        store: DesiredStore,
        controller: Controller,
        interval_seconds: float,
        *,
        identity: AgentIdentity | None = None,
        on_reply: Callable[[bool], None] = lambda may_serve: None,
        on_report: Callable[[bool], None] = lambda replied: None,
    ) -> None:
        """:param on_reply: called with whether this agent may serve the host

        :param on_report: called after each report with whether it got a reply
        """
        self._on_report = on_report
        self._identity = identity
        self._on_reply = on_reply
        self._host = host
        self._store = store
        self._controller = controller
        self._interval = interval_seconds
        self._lock = threading.Lock()
        self._status: HostStatus | None = None  # None: no pass was done yet
        self._due = threading.Event()
        self._known_leases: tuple[ReportedLease, ...] | None = None  # what the controller has
        self._reports_since_leases = 0
        self._settled: str | None = None  # the digest of the last report, if all is as it says
        self._failures = 0  # reports without a reply, in a row
        self._conditions = ConditionLog(LOG)

    def update(self, status: HostStatus) -> None:
        """Take the status after a pass; called by the loop."""
        with self._lock:
            before, self._status = self._status, status
        if before is None or (before is not status and _is_urgent(before, status)):
            self._due.set()

    def run(self, stop: threading.Event) -> None:
        """Report until ``stop`` is set, beginning after the first pass."""
        while self._status is None and not stop.is_set():
            self._due.wait(self._interval)
        while not stop.is_set():
            self._due.clear()
            try:
                self.report()
            except Exception:
                LOG.exception("a report was ended by a bug in cloudnet")
            self._due.wait(self._pause_seconds())
            stop.wait(SHORTEST_PAUSE)

    def wake(self) -> None:
        """Report now, or end if ``stop`` is set."""
        self._due.set()

    def report(self) -> bool:
        """Send one report; return False if there was no reply."""
        self._store.keep_on_disk()
        with self._lock:
            status = self._status or HostStatus()
        leases = status.reported_leases
        basis, held = self._store.get_basis(), self._store.held
        report = Report(
            self._host,
            applied=status.reported_applied,
            faults=status.faults,
            leases=leases if self._must_send(leases) else None,
            origin=basis.origin,
            held=held,
            served=self._store.list_served() if held is not None else (),
            agent=self._identity,
            ranges=status.reported_ranges,
            dns=None if basis.desired.dns is None else basis.desired.dns.revision,
            lacks=basis.lacks,
        )
        digest = digest_report(replace(report, leases=leases))
        try:
            if digest == self._settled and report.leases is None and not self._needs_report(report):
                return self._note_heartbeat()
            reply = self._controller.report(replace(report, digest=digest))
        except NoReply as reason:
            self._failures += 1
            line = f"{UNREACHABLE} ({reason}); retrying every {BACKOFF}"
            self._conditions.start(UNREACHABLE, line, log_changes=False)
            self._on_report(False)
            return False
        self._failures = 0
        self._on_report(True)
        self._conditions.resolve(UNREACHABLE)
        if self._store.put_reply(reply, basis):
            self._note_sent(report.leases)
            self._forget(reply, status)
            self._settled = None if reply.stale else digest
        else:
            self._settled = None
        self._on_reply(reply.refused is None)
        if (self._store.held is None) != (held is None):
            self.wake()  # the controller must know at once
        return True

    def _needs_report(self, report: Report) -> bool:
        """Send a heartbeat in place of the report; return whether the report is needed still."""
        if report.held is not None or report.lacks:
            return True
        heartbeat = Heartbeat(
            report.host,
            report=self._settled or "",
            applied=digest_applied(report.applied),
            branch=None if report.origin is None else report.origin.branch,
            ranges=self._store.desired().ranges.revision,
            dns=report.dns,
        )
        try:
            return self._controller.heartbeat(heartbeat).needs_report
        except NoReply:  # an older controller has no heartbeats, and gets the report
            self._settled = None
            return True

    def _note_heartbeat(self) -> bool:
        self._failures = 0
        self._reports_since_leases += 1
        self._on_report(True)
        self._conditions.resolve(UNREACHABLE)
        self._on_reply(True)
        return True

    def _must_send(self, leases: tuple[ReportedLease, ...] | None) -> bool:
        """Return whether a report carries the leases: after a change, and now and then.

        The database may have changed, too: by an event that was lost, a restore, or by hand.
        """
        return leases != self._known_leases or self._reports_since_leases >= LEASES_EVERY

    def _note_sent(self, leases: tuple[ReportedLease, ...] | None) -> None:
        self._reports_since_leases += 1
        if leases is not None:
            self._known_leases = leases
            self._reports_since_leases = 0

    def _forget(self, reply: ReportReply, status: HostStatus) -> None:
        stale = {snapshot.network for snapshot in reply.stale}
        for gone in status.gone:
            if gone.network not in stale:
                self._store.forget(gone)

    def _pause_seconds(self) -> float:
        if self._failures:
            return BACKOFF.pause_seconds(self._failures)
        return self._interval * random.uniform(0.9, 1.1)  # noqa: S311 - not a secret


def _is_urgent(before: HostStatus, now: HostStatus) -> bool:
    """Return whether the controller must know at once; of leases it learns by their events."""
    return before.faults != now.faults or before.reported_applied != now.reported_applied
