"""Wait for a service that is not available yet: a broker, a database.

Pauses grow, and differ from process to process, so that a thousand agents do not connect to a
restarted broker at the same moment.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
)

from cloudnet.common.log_once import ConditionLog


@dataclass(frozen=True)
class Backoff:
    """Pauses that double from the first to the longest, each shortened by up to ``jitter``."""

    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    jitter: float = 0.5  # part of the pause, 0 to 1

    def pause_seconds(self, failures: int) -> float:
        """Return how long to pause after so many failures in a row, 1 and upward."""
        doubled = self.first_seconds * 2 ** min(failures - 1, 30)
        pause = min(doubled, self.longest_seconds)
        return random.uniform(pause * (1 - self.jitter), pause)  # noqa: S311 - not a secret

    def __str__(self) -> str:
        """Return the range for a log line: ``0.5–30 s``."""
        return f"{self.first_seconds:g}–{self.longest_seconds:g} s"


STANDARD_BACKOFF = Backoff()


def wait_until_available(
    attempt: Callable[[], object],
    *,
    condition: str,
    unavailable: type[Exception],
    stop: threading.Event,
    logger: logging.Logger,
    backoff: Backoff = STANDARD_BACKOFF,
) -> bool:
    """Call ``attempt`` until it does not raise ``unavailable``; return False if ``stop`` is set.

    Logs the condition when it starts, with the error, again when the error is a different one, and
    once when it is resolved.

    :param condition: e.g. ``cannot reach the broker at b:5672``
    """
    conditions = ConditionLog(logger)

    def log_condition(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if not stop.is_set():
            conditions.start(condition, f"{condition} ({error}); retrying every {backoff}")

    retrying = Retrying(
        retry=retry_if_exception_type(unavailable),
        wait=lambda state: backoff.pause_seconds(state.attempt_number),
        sleep=sleep_using_event(stop),
        stop=stop_when_event_set(stop),
        before_sleep=log_condition,
    )
    if stop.is_set():
        return False
    try:
        retrying(attempt)
    except RetryError:
        return False
    conditions.resolve(condition)
    return not stop.is_set()
