"""Signals of a daemon.

Standard library only.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
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


def call_on(numbers: Sequence[signal.Signals], action: Callable[[signal.Signals], None]) -> None:
    """Call ``action`` for each of these signals from now on, in a thread of its own.

    A handler interrupts the main thread anywhere: in the middle of a log record, or while it holds
    the lock of the very event that the handler would set, which would wait for itself. So the
    handler only fills a queue, one whose ``put`` may be interrupted by itself.
    """
    received: SimpleQueue[int] = SimpleQueue()

    def handle(signum: int, frame: FrameType | None) -> None:
        del frame
        received.put(signum)

    def run() -> None:
        while True:
            number = signal.Signals(received.get())
            try:
                action(number)
            except Exception:  # the next signal must still have its effect
                logging.getLogger(__name__).exception("%s: a bug in cloudnet", number.name)

    threading.Thread(target=run, name="signals", daemon=True).start()
    for number in numbers:
        signal.signal(number, handle)


def _do_nothing(signum: int, frame: FrameType | None) -> None:
    """Ignore a signal."""
    del signum, frame
