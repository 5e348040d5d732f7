"""Announcing committed changes to subscribers, by a thread of its own: no call waits for a broker.

An announcement that cannot be sent is lost, as nova-network's notifications were: whoever must know
everything reads ``address_history`` and ``operation_log``.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.request import Request, get_request
from cloudnet.controller.model.changes import Change

LOG = logging.getLogger(__name__)

LONGEST_QUEUE = 10_000  # changes
CANNOT_ANNOUNCE = "cannot send notifications"  # a condition that is logged once

_Job = tuple[Mapping[str, Any], Sequence[Change]]


class Emitter(Protocol):
    """Sends one notification."""

    def emit(self, context: Mapping[str, Any], change: Change) -> None:  # Any: JSON
        """Send it.

        :raises BrokerUnavailable: the broker does not take it
        """


class Announcer:
    """Sends notifications in the order of the commits."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._jobs: queue.Queue[_Job | None] = queue.Queue(LONGEST_QUEUE)
        self._condition = ConditionLog(LOG)
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        self._thread.start()

    def announce(self, changes: Sequence[Change]) -> None:
        """Queue the changes of a transaction."""
        try:
            self._jobs.put_nowait((_to_context(get_request()), changes))
        except queue.Full:
            self._condition.start(
                CANNOT_ANNOUNCE, f"{CANNOT_ANNOUNCE}: {LONGEST_QUEUE} wait for the broker already"
            )

    def close(self, seconds: float = 2.0) -> None:
        """Send what is queued, for a limited time."""
        try:
            self._jobs.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            context, changes = job
            for change in changes:
                self._emit(context, change)

    def _emit(self, context: Mapping[str, Any], change: Change) -> None:
        try:
            self._emitter.emit(context, change)
        except BrokerUnavailable as error:
            self._condition.start(
                CANNOT_ANNOUNCE, f"{CANNOT_ANNOUNCE}: {error}; they are lost", log_changes=False
            )
        except Exception:
            LOG.exception("notification %s: a bug", change.event_type)
        else:
            self._condition.resolve(CANNOT_ANNOUNCE)


def _to_context(request: Request | None) -> Mapping[str, Any]:
    if request is None:
        return {}
    return {
        "request_id": request.request_id,
        "user_id": request.user,
        "project_id": request.project,
    }
