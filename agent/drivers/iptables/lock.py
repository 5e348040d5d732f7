"""The lock that iptables programs take around a change, and that libiptc leaves to its callers.

A change reads a whole table, edits it and writes it back. Without the lock, the last writer undoes
what others wrote in between.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudnet.common.errors import KernelRefused
from cloudnet.common.regular_file import open_regular

LOCK = Path("/run/xtables.lock")  # iptables' XT_LOCK_NAME
WAIT_SECONDS = 1.0  # the reconcile loop waits meanwhile; a refused step is retried
LONGEST_PAUSE = 0.2


@contextmanager
def xtables_lock(wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock; wait for it no longer than ``wait_seconds``.

    :raises KernelRefused: another program keeps it
    """
    # iptables reads the variable, too: for hosts whose /run is read-only.
    path = Path(os.environ.get("XTABLES_LOCKFILE") or LOCK)
    try:
        descriptor = open_regular(path, os.O_RDONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise KernelRefused(f"cannot open the iptables lock {path}: {error.strerror}") from error
    try:
        _take(descriptor, path, wait_seconds)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    pause = 0.005
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise KernelRefused(
                    f"another program has held the iptables lock {path} for {wait_seconds:.0f} s; "
                    f"see which by `fuser -v {path}`"
                ) from error
        else:
            return
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
