"""How often and for how long a transaction, or a connection, is tried again."""

from __future__ import annotations

import logging

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random,
)

from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.errors import REPEATABLE, CannotConnect

LOG = logging.getLogger(__name__)

CONFLICTS = 12  # a key that is taken is most often taken for good
ABORTS = 50  # a deadlock is chance


def retry_transaction(seconds: float) -> Retrying:
    """Return what runs a transaction again that did not commit, for so long at most."""
    return Retrying(
        retry=retry_if_exception_type(REPEATABLE),
        stop=lambda state: _is_enough(state, seconds),
        wait=wait_random(0.001, 0.05),
        before_sleep=_log_retry,
        reraise=True,
    )


def retry_connection(seconds: float) -> Retrying:
    """Return what connects again to a server that restarts, for so long at most."""
    return Retrying(
        retry=retry_if_exception_type(CannotConnect),
        stop=stop_after_delay(seconds),
        wait=wait_random(0.05, 0.3),
        reraise=True,
    )


def _is_enough(state: RetryCallState, seconds: float) -> bool:
    if (state.seconds_since_start or 0) >= seconds:
        return True
    error = None if state.outcome is None else state.outcome.exception()
    most = CONFLICTS if isinstance(error, Conflict) else ABORTS
    return state.attempt_number >= most - 1  # the first one was made without this


def _log_retry(state: RetryCallState) -> None:
    if state.outcome is not None:
        LOG.debug(
            "transaction: another one won, starting attempt %d (%s)",
            state.attempt_number + 1,
            state.outcome.exception(),
        )
