"""What ends the wait of the reconcile loop."""

from __future__ import annotations

import logging
import threading
from enum import Enum

LOG = logging.getLogger(__name__)


class Cause(Enum):
    """Why the wait ended."""

    TIMER = "the time is over"
    DESIRED = "the desired state changed"
    HOST = "the host may have changed"  # perhaps the desired state, too


class Wakeup:
    """Signals from other threads to the one that reconciles; each stays set until a wait ends."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._host_changed = False

    def desired_changed(self) -> None:
        """Signal that the controller sent something new."""
        self._event.set()

    def host_changed(self, *, lost: bool = False) -> None:
        """Signal that the host must be read now.

        :param lost: the kernel dropped events, so anything may have changed
        """
        if lost:
            LOG.info("the kernel dropped events (ENOBUFS); reading the whole host")
        self._host_changed = True  # before the event, so that whoever it wakes finds it set
        self._event.set()

    def wait(self, seconds: float) -> Cause:
        """Wait for a signal, not longer than ``seconds``."""
        signalled = self._event.wait(seconds)
        self._event.clear()
        host_changed, self._host_changed = self._host_changed, False
        if host_changed:
            return Cause.HOST
        return Cause.DESIRED if signalled else Cause.TIMER
