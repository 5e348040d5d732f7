"""The time limit of the current thread's work, after which its caller no longer waits.

A call that waits for a locked database for longer than its caller waits for the reply must not be
committed: the caller has reported a failure, and may have done the work in another way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from queue import Empty, Queue
from typing import TypeVar, cast

from cloudnet.common.errors import DeadlinePassed

T = TypeVar("T")

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


def run_with_deadline(work: Callable[[], T], seconds: float) -> T:
    """Return the result of ``work``, or stop to wait for it.

    For libraries that can wait for ever, for example for a broker that accepts no messages. The
    work goes on in a thread that does not keep the program from its end.

    :raises TimeoutError: it was not done in time
    """
    outcome: Queue[tuple[T | None, BaseException | None]] = Queue()

    def run() -> None:
        try:
            outcome.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            outcome.put((None, error))

    threading.Thread(target=run, name="deadline", daemon=True).start()
    try:
        result, error = outcome.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"not done in {seconds:g} s") from None
    if error is not None:
        raise error
    return cast("T", result)
