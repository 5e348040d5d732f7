"""Committed transactions survive a power cut, many by one wait for the disk.

SQLite would wait for the disk inside each commit, while nobody else can write: with a disk that
takes 5 ms, 200 commits a second at best, however many callers there are. So commits only write
(``synchronous = NORMAL``), and before anybody is told of success the log is synced: all who have
committed when a sync begins are served by it. A log that is synced up to some commit is all that
SQLite itself would have made sure of.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path


class SharedSync:
    """``wait()`` returns after a whole ``sync()`` that began after it was called."""

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._news = threading.Condition()
        self._begun = 0  # the number of the last sync that has begun
        self._done = 0  # … and of the last that has gone well
        self._busy = False

    def wait(self) -> None:
        """Sync, or wait for others who do.

        :raises OSError: the disk's; each who waited tries for itself
        """
        with self._news:
            needed = self._begun + 1  # one that runs already may have begun before our commit
            self._news.wait_for(lambda: self._done >= needed or not self._busy)
            if self._done >= needed:
                return
            self._busy = True
            self._begun = mine = self._begun + 1
        try:
            self._sync()
            with self._news:
                self._done = mine
        finally:
            with self._news:
                self._busy = False
                self._news.notify_all()


def to_disk(log: Path) -> None:
    """Have the disk take what is written in SQLite's log; without a log, SQLite does it itself."""
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
