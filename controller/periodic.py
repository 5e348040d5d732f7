"""What a controller does of its own accord: shows that it lives, and frees what is due."""

from __future__ import annotations

import logging
import threading

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.service.addresses.sweep import Sweeper
from cloudnet.controller.service.hosts.reports import HostReports

LOG = logging.getLogger(__name__)


class Periodic:
    """One thread; a database that is away is said once and asked again at the next turn."""

    def __init__(
        self, host: str, hosts: HostReports, sweeper: Sweeper, report_seconds: float
    ) -> None:
        self._host = host
        self._hosts = hosts
        self._sweeper = sweeper
        self._report_seconds = report_seconds
        self._away = False

    def run(self, stop: threading.Event) -> None:
        """Take turns until told to stop."""
        pause = min(self._report_seconds, self._sweeper.pause_seconds)
        while not stop.is_set():
            try:
                self._turn()
            except Exception:
                LOG.exception("a periodic turn failed")
            stop.wait(pause)

    def _turn(self) -> None:
        try:
            self._hosts.record_heartbeat(self._host)
            self._sweeper.sweep()
        except DatabaseUnavailable as error:
            if not self._away:
                LOG.warning("%s; trying again", error)
            self._away = True
        else:
            if self._away:
                LOG.info("the database answers again")
            self._away = False
