"""A directory that one cloud at a time has, for as long as any process of it lives.

A file marks it as ours. Nothing is ever removed from a directory that holds other things and no
such mark.
"""

import fcntl
import os
import shutil
from pathlib import Path

MARK = ".cloudnet-quickstart"


class TakenError(Exception):
    """Another cloud has the directory."""


class UnfitError(Exception):
    """The directory cannot be a cloud's; the message says why."""


def take(directory: Path) -> int:
    """Make the directory afresh and return its lock, to be handed to the cloud's processes.

    The lock is on the directory itself and cannot outlive it; and it ends with the last process
    that has it, however that ends, so what a killed cloud has left is there for the taking.

    :raises TakenError: a cloud has it
    :raises UnfitError: it cannot be made, or holds what is not ours
    """
    _make(directory)
    lock = _lock(directory)
    if lock is None:
        raise TakenError
    try:
        _require_ours(directory)
        (directory / MARK).touch()
        _empty(directory)
    except BaseException:
        os.close(lock)
        raise
    return lock


def check(directory: Path) -> None:
    """Raise what `take` would, as far as it can be told without making anything."""
    if directory.is_dir():
        if is_taken(directory):
            raise TakenError
        _require_ours(directory)


def is_ours(directory: Path) -> bool:
    """Say whether a cloud has it, or had and could not remove it."""
    return (directory / MARK).is_file()


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


def remove(directory: Path) -> bool:
    """Remove the directory unless somebody has it; say whether it is gone.

    Several may try at once: the lock lets one of them through.
    """
    try:
        lock = _lock(directory)
    except FileNotFoundError:
        return True
    if lock is None:
        return False
    try:
        if os.path.samestat(os.fstat(lock), directory.stat()) and is_ours(directory):
            _empty(directory)
            (directory / MARK).unlink()  # last, so that what is half removed is still known as ours
            directory.rmdir()
    except FileNotFoundError:
        pass  # another has removed it before our lock came
    finally:
        os.close(lock)
    return True


def _make(directory: Path) -> None:
    # Nodes keep their state below it, and a node's dnsmasq, an ordinary user, reads its own there.
    try:
        directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    except FileExistsError:
        raise UnfitError(f"{directory} is not a directory") from None
    except OSError as error:
        raise UnfitError(f"{directory} cannot be made: {error.strerror}") from error


def _require_ours(directory: Path) -> None:
    if any(directory.iterdir()) and not is_ours(directory):
        raise UnfitError(f"{directory} holds other things; name an empty or a new directory")


def _empty(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK:
            entry.unlink()


def _lock(directory: Path) -> int | None:
    """Return the lock, or None if somebody has it."""
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
