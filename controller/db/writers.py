"""One writer at a time in an SQLite file: the others wait in a queue instead of polling.

SQLite itself lets a second writer sleep and try again, for up to a tenth of a second, so that a
busy file stays unused in between. In one process a lock is enough; between processes it is a lock
on a file beside the database.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path
from types import TracebackType


class Writers:
    """A lock that the writers of all processes take in turn; use it in a ``with`` statement."""

    def __init__(self, file: Path | None) -> None:
        """:param file: the database; None: it is in memory"""
        self._file = None if file is None else file.with_name(f"{file.name}-writers")
        self._lock = threading.Lock()
        self._descriptor: int | None = None  # None: not open, or this user may not open it

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            if self._descriptor is None and self._file is not None:
                self._descriptor = _open(self._file)
            if self._descriptor is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except BaseException:
            self._lock.release()
            raise

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._lock.release()

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _open(file: Path) -> int | None:
    """Open the file, or return None: SQLite's own lock is enough for correctness."""
    if not file.parent.is_dir():
        return None  # there is no database, which the connection reports
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError:
        return None
