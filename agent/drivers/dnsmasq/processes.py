"""Processes as values, and signals that cannot reach a foreign process.

A pid alone identifies nothing: the kernel may have given it to another process since it was read. A
process is identified by its pid and start time, and gets signals through a pidfd, which stays with
the process that had the pid when it was opened.
"""

from __future__ import annotations

import logging
import os
import select
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cloudnet.common.log_once import ConditionLog

PROC = Path("/proc")
STATE, PARENT, STARTED = 0, 1, 19  # fields 3, 4 and 22 of /proc/<pid>/stat, counted after the name
END_SECONDS = 5.0  # to end after a signal

LOG = logging.getLogger(__name__)
_CONDITIONS = ConditionLog(LOG)


@dataclass(frozen=True)
class Process:
    """A running process; a later one with the same pid differs."""

    pid: int
    started: int  # clock ticks after boot, field 22 of /proc/<pid>/stat
    arguments: tuple[str, ...] = field(compare=False)


def read_process(pid: int) -> Process | None:
    """Return the process with this pid; None: there is none, or only a zombie.

    A process that is ending has no arguments any more, but keeps its sockets for milliseconds. One
    that cannot be read counts as none: nothing shows that it is ours.
    """
    try:
        stat = _stat(pid)
        started = int(stat[STARTED])
        arguments = _read(pid, "cmdline").removesuffix(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    except (OSError, ValueError, IndexError) as error:
        _note_unreadable(pid, error)
        return None
    if stat[STATE] == b"Z":
        return None
    words = arguments.split(b"\0") if arguments else ()
    return Process(pid, started, tuple(os.fsdecode(word) for word in words))


def refresh(process: Process) -> Process | None:
    """Return the process as it is now; None: it is gone."""
    found = read_process(process.pid)
    return found if found == process else None


@lru_cache(maxsize=1024)
def get_environment(process: Process) -> Mapping[str, str]:
    """Return the environment that the process was started with; empty if it cannot be read.

    It never changes, and each pass needs it, so it is read once.
    """
    try:
        words = _read(process.pid, "environ").split(b"\0")
    except OSError:
        return {}
    pairs = (os.fsdecode(word).partition("=") for word in words if word)
    return {name: value for name, _, value in pairs}


def is_in_our_network(process: Process) -> bool:
    """Return whether the process is in our network namespace; several may share /proc."""
    try:
        theirs = (PROC / str(process.pid) / "ns" / "net").stat()
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError as error:
        _note_unreadable(process.pid, error)
        return False
    return theirs.st_ino == (PROC / "thread-self" / "ns" / "net").stat().st_ino


def is_stopped(process: Process) -> bool:
    """Return whether somebody stopped the process (SIGSTOP): it runs and does nothing."""
    with suppress(OSError, IndexError):
        return _stat(process.pid)[STATE] == b"T"
    return False


def is_program(process: Process, name: str) -> bool:
    """Return whether the process runs this program, and not one that has its name as an argument.

    Others may have the arguments of a dnsmasq: ``strace``, ``pgrep``, ``sudo``.
    """
    first = process.arguments[0] if process.arguments else ""
    return first.rpartition("/")[2] == name


def list_processes_with(program: str, argument_start: str) -> Iterator[Process]:
    """Yield the processes of a program here with an argument that starts so, without children.

    dnsmasq has a child for its script, with the same arguments, which ends with its parent.
    """
    found = {}
    for entry in os.listdir(PROC):  # noqa: PTH208 - only names are needed
        process = read_process(int(entry)) if entry.isdigit() else None
        if (
            process
            and is_program(process, program)
            and any(word.startswith(argument_start) for word in process.arguments)
        ):
            found[process.pid] = process
    for pid, process in found.items():
        with suppress(OSError, ValueError, IndexError):
            if int(_stat(pid)[PARENT]) not in found and is_in_our_network(process):
                yield process


def send(process: Process, number: signal.Signals) -> bool:
    """Send a signal to the process; return False if it is gone."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process.pid)
        try:
            # Checked after opening: the descriptor stays with the process that has the pid now.
            if refresh(process):
                signal.pidfd_send_signal(descriptor, number)
                return True
        finally:
            os.close(descriptor)
    return False


def stop(process: Process) -> bool:
    """End the process, by SIGKILL if SIGTERM does not; return whether it is gone."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        if not refresh(process):
            return True
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
            if has_ended(descriptor, END_SECONDS):
                return True
        return False
    finally:
        os.close(descriptor)


def has_ended(descriptor: int, seconds: float) -> bool:
    """Wait for the end of the process that a pidfd refers to; return False if it takes longer."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _note_unreadable(pid: int, error: Exception) -> None:
    condition = f"process {pid} cannot be read"
    _CONDITIONS.start(condition, f"{condition} ({error}); it counts as not cloudnet's")


def _stat(pid: int) -> list[bytes]:
    """Return the fields of /proc/<pid>/stat after the name, which may contain spaces."""
    return _read(pid, "stat").rpartition(b")")[2].split()


def _read(pid: int, name: str) -> bytes:
    # Read for each dnsmasq in each pass; a Path object would cost more than the system call.
    with open(f"{PROC}/{pid}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()
