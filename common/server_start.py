"""Start an RPC server without waiting for ever, and describe what the broker refuses.

The library repeats most refusals without end and without an error, for example of a queue that
another connection holds for itself. So it starts in a thread of its own, and what it logs there is
the reason why the server does not receive calls yet.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDoneError

from cloudnet.common import errors
from cloudnet.common.broker_refusals import describe_reason
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.queue_library import BROKER_ERRORS, messaging

LOG = logging.getLogger(__name__)

START_SECONDS = 5.0  # in which a broker usually lets a server receive

_LIBRARY = "oslo.messaging._drivers.impl_rabbit"


def describe_failure(what: str, error: Exception | str) -> str:
    """Return what failed, why and, if the broker has refused it, what to do about it."""
    return f"{what}: {describe_reason(error)}"


class ServerStart:
    """A server that starts in the background; its process does not wait for it when it ends."""

    def __init__(self, server: messaging.RPCServer, topic: str) -> None:
        self.server = server
        self.condition = f"cannot receive calls on topic {topic}"
        self._reason = "the broker does not answer"
        self._started: Future[None] = Future()
        threading.Thread(target=self._start, name="start-server", daemon=True).start()

    def _start(self) -> None:
        library = logging.getLogger(_LIBRARY)
        library.addFilter(self._keep_reason)
        try:
            self.server.start()
        except BaseException as error:  # noqa: BLE001 - wait() raises it
            self._started.set_exception(error)
        else:
            self._started.set_result(None)
        finally:
            library.removeFilter(self._keep_reason)

    def _keep_reason(self, record: logging.LogRecord) -> bool:
        """Keep the text instead of logging it: the library repeats it with each attempt."""
        if record.levelno >= logging.WARNING:
            self._reason = record.getMessage()
        return False

    def wait(self, seconds: float) -> bool:
        """Wait until the server receives calls; return False if it does not yet.

        :raises BrokerUnavailable: the broker refuses the exchange or a queue
        :raises ConfigurationError: the library cannot work with its options
        """
        try:
            self._started.result(seconds)
        except NotDoneError:
            return False
        except BROKER_ERRORS as error:
            raise errors.BrokerUnavailable(describe_failure(self.condition, error)) from error
        except Exception as error:
            LOG.debug("the queue library does not start", exc_info=True)
            raise errors.ConfigurationError(describe_library_failure(error)) from error
        return True

    def describe(self) -> str:
        """Return why the server does not receive calls yet, for a log line."""
        return describe_failure(self.condition, self._reason)


def start_server(server: messaging.RPCServer, topic: str, stop: threading.Event) -> bool:
    """Start to receive calls; return False if ``stop`` is set first.

    Logs once that the server does not receive calls yet and why, and once when it does.

    :raises BrokerUnavailable: the broker refuses the exchange or a queue
    :raises ConfigurationError: the library cannot work with its options
    """
    starting, conditions = ServerStart(server, topic), ConditionLog(LOG)
    logged_after = time.monotonic() + START_SECONDS
    while not starting.wait(0.2):
        if stop.is_set():
            return False
        if time.monotonic() > logged_after:
            line = f"{starting.describe()}; retrying"
            conditions.start(starting.condition, line, log_changes=False)
    conditions.resolve(starting.condition)
    return True


def describe_library_failure(error: Exception) -> str:
    """Return one line for an error that the library's options cause, which it does not check."""
    text = " ".join(str(error).split())
    return (
        f"the queue library does not work with its options ({type(error).__name__}: {text}); "
        "correct [oslo_messaging_rabbit] or [oslo_messaging_notifications], or leave them empty"
    )
