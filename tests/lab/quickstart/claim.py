"""The claim of a directory by one cloud, which lasts as long as any of its processes.

A file marks the directory as a quickstart's. Nothing is ever removed from a directory that has
other files and no such mark.
"""

import fcntl
import os
import shutil
from pathlib import Path

MARK = ".cloudnet-quickstart"


class ClaimedError(Exception):
    """Another cloud has claimed the directory."""


class UnusableError(Exception):
    """The directory cannot be used; the message has the reason."""


def claim(directory: Path) -> int:
    """Create or empty the directory and return its lock, to be inherited by the cloud's processes.

    The lock is on the directory itself and cannot outlive it. It ends with the last process that
    holds it, so that a directory of a killed cloud can be claimed again.

    :raises ClaimedError: another cloud has claimed it
    :raises UnusableError: it cannot be created, or has files that are not a quickstart's
    """
    _make(directory)
    lock = _lock(directory)
    if lock is None:
        raise ClaimedError
    try:
        _require_mark(directory)
        (directory / MARK).touch()
        _empty(directory)
    except BaseException:
        os.close(lock)
        raise
    return lock


def check(directory: Path) -> None:
    """Raise the errors of `claim` that can be found without creating anything."""
    if directory.is_dir():
        if is_claimed(directory):
            raise ClaimedError
        _require_mark(directory)


def is_marked(directory: Path) -> bool:
    """Return whether a cloud uses the directory, or did and could not remove it."""
    return (directory / MARK).is_file()


def is_claimed(directory: Path) -> bool:
    """Return whether a cloud has claimed the directory."""
    try:
        lock = _lock(directory)
    except FileNotFoundError:
        return False
    if lock is None:
        return True
    os.close(lock)
    return False


def remove(directory: Path) -> bool:
    """Remove the directory unless it is claimed; return whether it is gone.

    Of several processes that try at once, only the one with the lock removes it.
    """
    try:
        lock = _lock(directory)
    except FileNotFoundError:
        return True
    if lock is None:
        return False
    try:
        if os.path.samestat(os.fstat(lock), directory.stat()) and is_marked(directory):
            _empty(directory)
            (directory / MARK).unlink()  # last: until then a partly removed directory is marked
            directory.rmdir()
    except FileNotFoundError:
        pass  # another process removed it before we had the lock
    finally:
        os.close(lock)
    return True


def _make(directory: Path) -> None:
    # Nodes keep their state below it, where a node's dnsmasq, an unprivileged user, reads files.
    try:
        directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    except FileExistsError:
        raise UnusableError(f"{directory} is not a directory") from None
    except OSError as error:
        raise UnusableError(f"{directory} cannot be created: {error.strerror}") from error


def _require_mark(directory: Path) -> None:
    if any(directory.iterdir()) and not is_marked(directory):
        raise UnusableError(f"{directory} has other files in it; name an empty or a new directory")


def _empty(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK:
            entry.unlink()


def _lock(directory: Path) -> int | None:
    """Return the lock, or None if another process holds it."""
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
