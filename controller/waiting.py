"""Waiting for a database that is away or not yet made: said once, and once that it is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from cloudnet.common.errors import DatabaseUnavailable

LOG = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 30


def for_database(ask: Callable[[], object], stop: threading.Event) -> bool:
    """Call ``ask`` until it does not raise DatabaseUnavailable; False when ``stop`` is set.

    Pauses grow and differ, so that many controllers do not come all at once.
    """
    said = ""

    def say(state: RetryCallState) -> None:
        nonlocal said
        fault = str(state.outcome.exception()) if state.outcome else ""
        if fault != said:
            said = fault
            LOG.warning("%s; trying again until it can be used", fault)

    retrying = Retrying(
        retry=retry_if_exception_type(DatabaseUnavailable),
        wait=wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE_SECONDS),
        sleep=sleep_using_event(stop),
        stop=stop_when_event_set(stop),
        before_sleep=say,
    )
    try:
        retrying(ask)
    except RetryError:
        return False
    if said:
        LOG.info("the database can be used")
    return not stop.is_set()
