"""The controller's periodic tasks.

Its own heartbeat, the end of addresses' quarantine, repairs, and names in DNS that were not sent.
"""

from __future__ import annotations

import logging
import threading
import time

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.common.log_once import ConditionLog
from cloudnet.controller.service.addresses.sweep import Sweeper
from cloudnet.controller.service.dns.dns import Dns
from cloudnet.controller.service.hosts.heartbeats import Heartbeats
from cloudnet.controller.service.hosts.reports import HostReports

LOG = logging.getLogger(__name__)

NO_DATABASE = "cannot use the database"


class PeriodicTasks:
    """Runs the tasks in a thread of its own."""

    def __init__(
        self,
        host: str,
        hosts: HostReports,
        sweeper: Sweeper,
        dns: Dns,
        report_seconds: float,
        *,
        heartbeats: Heartbeats,
    ) -> None:
        self._heartbeats = heartbeats
        self.is_first = True  # of the workers, whose tasks are those of the whole controller
        self._host = host
        self._hosts = hosts
        self._dns = dns
        self._sweeper = sweeper
        self._report_seconds = report_seconds
        self._interval_seconds = min(report_seconds, sweeper.pause_seconds)
        self._next_heartbeat = 0.0  # on the monotonic clock
        self._conditions = ConditionLog(LOG)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="periodic")

    def start(self) -> None:
        """Run the tasks now, and again after each interval."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for a running task and end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._run_once()
            except Exception:
                LOG.exception("periodic tasks failed")
            self._stop.wait(self._interval_seconds)

    def _run_once(self) -> None:
        try:
            if time.monotonic() >= self._next_heartbeat:
                self._heartbeats.record_seen()
                if self.is_first:
                    self._hosts.record_heartbeat(self._host)
                    self._sweeper.release_lost()
                    self._dns.publish()
                self._next_heartbeat = time.monotonic() + self._report_seconds
            if self.is_first:
                self._sweeper.sweep()
        except DatabaseUnavailable as error:
            retry = f"retrying every {self._interval_seconds:g} s"
            self._conditions.start(NO_DATABASE, f"{NO_DATABASE} ({error}); {retry}")
        else:
            self._conditions.resolve(NO_DATABASE)
