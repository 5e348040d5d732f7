"""Processes as values, and signals that cannot hit a stranger.

A pid alone names nobody: it may have been given to another process since it was read. A process is
known by its pid, start time and arguments, and is signalled through a pidfd, which stays with the
process that had the pid when it was opened.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cloudnet.agent.node.resources.dnsmasq import Process

PROC = Path("/proc")
STATE, PARENT, STARTED = 0, 1, 19  # fields 3, 4 and 22 of /proc/<pid>/stat, counted after the name
PATIENCE_SECONDS = 5.0


def process(pid: int) -> Process | None:
    """Return the process with this pid; None: there is none, or only what is left of one.

    One that is ending has no arguments any more, but for some milliseconds still its sockets.
    """
    try:
        stat = _stat(pid)
        arguments = _read(pid, "cmdline").removesuffix(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    if stat[STATE] == b"Z":
        return None
    words = arguments.split(b"\0") if arguments else ()
    return Process(pid, int(stat[STARTED]), tuple(os.fsdecode(word) for word in words))


def now(one: Process) -> Process | None:
    """Return this very process as it is now; None: it is gone."""
    found = process(one.pid)
    return found if found is not None and found.started == one.started else None


@lru_cache(maxsize=1024)
def environment(of: Process) -> Mapping[str, str]:
    """Return what the process was started with; empty when it is gone or will not show it.

    That never changes, so it is read once: every round asks for it.
    """
    try:
        words = _read(of.pid, "environ").split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    pairs = (os.fsdecode(word).partition("=") for word in words if word)
    return {name: value for name, _, value in pairs}


def is_in_our_network(one: Process) -> bool:
    """Say whether the process is in our network namespace: nodes may share their processes."""
    try:
        theirs = (PROC / str(one.pid) / "ns" / "net").stat()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return theirs.st_ino == (PROC / "thread-self" / "ns" / "net").stat().st_ino


def processes_with(argument_start: str) -> Iterator[Process]:
    """Yield the processes here with an argument that starts so, but no children of such.

    dnsmasq keeps a child for its script, whose arguments are its own; it goes with its parent.
    """
    found = {}
    for entry in os.listdir(PROC):  # noqa: PTH208 - a thousand Path objects for nothing
        one = process(int(entry)) if entry.isdigit() else None
        if one is not None and any(word.startswith(argument_start) for word in one.arguments):
            found[one.pid] = one
    for pid, one in found.items():
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(_stat(pid)[PARENT]) not in found and is_in_our_network(one):
                yield one


def send(to: Process, number: signal.Signals) -> bool:
    """Send a signal to this very process; False: it is gone."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(to.pid)
        try:
            # Looked at after opening: what is found now is what the descriptor stays with.
            if now(to):
                signal.pidfd_send_signal(descriptor, number)
                return True
        finally:
            os.close(descriptor)
    return False


def stop(one: Process) -> bool:
    """End this very process, by force if it takes too long; True: it is gone."""
    try:
        descriptor = os.pidfd_open(one.pid)
    except ProcessLookupError:
        return True
    try:
        if not now(one):
            return True
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
            if _has_ended(descriptor):
                return True
        return False
    finally:
        os.close(descriptor)


def _has_ended(descriptor: int) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(PATIENCE_SECONDS * 1000))


def _stat(pid: int) -> list[bytes]:
    """Return the fields of /proc/<pid>/stat after the name, which may hold spaces and brackets."""
    return _read(pid, "stat").rpartition(b")")[2].split()


def _read(pid: int, name: str) -> bytes:
    # Read for every dnsmasq in every round; a Path would cost more than the kernel does.
    with open(f"{PROC}/{pid}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()
