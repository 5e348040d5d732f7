"""Sending notifications with oslo.messaging."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from cloudnet.common.broker_refusals import describe_reason
from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.rpc import messaging
from cloudnet.controller.model.changes import Change

_LIBRARY = "oslo_messaging.notify.messaging"


class _Context(dict[str, Any]):  # Any: JSON
    """A context without secrets; the library drops a context that cannot say so."""

    def redacted_copy(self) -> _Context:
        """Return what may be sent."""
        return self


class _Failures(logging.Filter):
    """Keeps the exceptions that the library logs with their stacks instead of raising them."""

    def __init__(self) -> None:
        super().__init__()
        self._of_thread = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the exception of the record, and log nothing."""
        self._of_thread.error = record.exc_info[1] if record.exc_info else None
        return self._of_thread.error is None

    def take(self) -> BaseException | None:
        """Return the exception of this thread's last notification, and forget it."""
        error: BaseException | None = getattr(self._of_thread, "error", None)
        self._of_thread.error = None
        return error


_FAILURES = _Failures()  # one for all emitters: the first filter of a logger decides


class RpcEmitter:
    """Sends notifications at level INFO, as nova-network does."""

    def __init__(self, notifier: messaging.Notifier) -> None:
        self._notifier = notifier
        logging.getLogger(_LIBRARY).addFilter(_FAILURES)

    def emit(self, context: Mapping[str, Any], change: Change) -> None:  # Any: JSON
        """Send one notification.

        :raises BrokerUnavailable: the broker does not take it
        """
        self._notifier.info(_Context(context), change.event_type, change.payload)
        error = _FAILURES.take()
        if error is not None:
            raise BrokerUnavailable(describe_reason(error)) from error
