"""Signals of a daemon other than SIGTERM and SIGINT, which its ``main`` handles.

Standard library only.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

# Not SIG_IGN, which the programs that the daemon starts would inherit.
_IGNORED = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def ignore_until_ready() -> None:
    """Let SIGHUP, SIGUSR1 and SIGUSR2 do nothing, and SIGINT end the program without a traceback.

    By default, the first three end a program.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may set handlers
    for number in _IGNORED:
        signal.signal(number, _do_nothing)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def call_on_hangup(action: Callable[[], None]) -> None:
    """Call ``action`` for each SIGHUP from now on, in a thread of its own.

    The main thread may be anywhere when the signal arrives, also in the middle of a log record.
    """

    def start(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        threading.Thread(target=run, name="hangup", daemon=True).start()

    one_at_a_time = threading.Lock()

    def run() -> None:
        with one_at_a_time:
            action()

    signal.signal(signal.SIGHUP, start)


def _do_nothing(signum: int, frame: FrameType | None) -> None:
    """Ignore a signal."""
    del signum, frame
