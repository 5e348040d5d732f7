"""The time limit of the current thread's work, after which its caller no longer waits.

A call that waits for a locked database for longer than its caller waits for the reply must not be
committed: the caller has reported a failure, and may have done the work in another way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cloudnet.common.errors import DeadlinePassed

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)  # None: no limit


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Limit the work of this thread within the block."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def get_remaining_seconds() -> float | None:
    """Return the seconds that are left, 0 if none are, None without a limit."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def check_deadline() -> None:
    """Refuse to go on after the deadline.

    :raises DeadlinePassed: the time is over
    """
    if get_remaining_seconds() == 0:
        raise DeadlinePassed("the time that the caller waits for the reply is over")
