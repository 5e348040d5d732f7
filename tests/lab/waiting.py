"""Wait for a condition instead of sleeping, and say what was seen when it does not come."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TimedOutError(AssertionError):
    """Something awaited did not happen; the message says what was seen instead."""


def wait_for(look: Callable[[], T], what: str, timeout: float, pause: float = 0.2) -> T:
    """Call `look` until it returns something true, and return that.

    `what` completes the sentence "waited 5 s for …". An AssertionError raised by `look` counts as
    "not yet", and the last one is part of the complaint: so a check that reads well in a test can
    be awaited as it stands.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen: object
        try:
            found = look()
        except AssertionError as error:
            seen = error
        else:
            if found:
                return found
            seen = found
        if time.monotonic() >= deadline:
            raise TimedOutError(f"waited {timeout:g} s for {what}; last seen: {seen}")
        time.sleep(pause)
