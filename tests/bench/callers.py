"""Calling a service: one caller after another, or many at once."""

import threading
import time
from collections.abc import Callable

Call = Callable[[], object]


def call_in_turn(call: Call, times: int) -> list[float]:
    """Return how long each call took, in seconds."""
    taken = []
    for _ in range(times):
        start = time.monotonic()
        call()
        taken.append(time.monotonic() - start)
    return taken


def call_at_once(call: Call, callers: int, seconds: float) -> tuple[float, list[float]]:
    """Call from several threads; return the calls per second, and how long each call took."""
    taken: list[float] = []
    begin = threading.Barrier(callers + 1)
    end = threading.Event()

    def caller() -> None:
        begin.wait()
        while not end.is_set():
            taken.extend(call_in_turn(call, 1))

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    for thread in threads:
        thread.start()
    begin.wait()
    start = time.monotonic()
    end.wait(seconds)
    end.set()
    for thread in threads:
        thread.join()
    return len(taken) / (time.monotonic() - start), taken
