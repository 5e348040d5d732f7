"""A directory that one cloud at a time has, for as long as any process of it lives."""

import fcntl
import os
import shutil
from pathlib import Path


class TakenError(Exception):
    """Another cloud has the directory."""


def take(directory: Path) -> int:
    """Make the directory afresh and return its lock, to be handed to the cloud's processes.

    The lock is on the directory itself and cannot outlive it; and it ends with the last process
    that has it, however that ends, so what a killed cloud has left is there for the taking.

    :raises TakenError: a cloud has it
    """
    # Nodes keep their state below it, and a node's dnsmasq, an ordinary user, reads its own there.
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = _lock(directory)
    if lock is None:
        raise TakenError
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return lock


def is_taken(directory: Path) -> bool:
    """Say whether a cloud has the directory."""
    try:
        lock = _lock(directory)
    except FileNotFoundError:
        return False
    if lock is None:
        return True
    os.close(lock)
    return False


def _lock(directory: Path) -> int | None:
    """Return the lock, or None if somebody has it."""
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
