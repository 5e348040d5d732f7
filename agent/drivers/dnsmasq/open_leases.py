"""The lease file that a dnsmasq has open, also after it was removed or replaced.

dnsmasq opens the file when it starts and writes to that inode until it ends. If the path has
another file, or none, that file does not show the leases. The open one is read through /proc.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from cloudnet.agent.drivers.dnsmasq.lease_file import write_leases
from cloudnet.agent.drivers.dnsmasq.processes import PROC, Process

Inode = tuple[int, int]  # device and number
READ_AND_APPEND = os.O_RDWR | os.O_APPEND  # how dnsmasq opens its lease file, and no other file


class OpenLeases:
    """Finds the lease files that processes have open; each process is searched once."""

    def __init__(self) -> None:
        self._found: dict[Process, tuple[Path, Inode]] = {}  # the path is in /proc

    def find_lost(self, process: Process, file: Path) -> Path | None:
        """Return where the open lease file can be read if ``file`` is not it.

        None: ``file`` is the open one, or nothing is known about the open one.
        """
        inode = _get_inode(file)
        known = self._found.get(process) or self._search(process, file, inode)
        return None if known is None or known[1] == inode else known[0]

    @contextmanager
    def keep(self, process: Process, file: Path) -> Iterator[None]:
        """Write the open leases to ``file``, if it lost them, after the process was ended inside.

        :raises OSError: the file cannot be written; the process has not been ended
        """
        stream = _open(self.find_lost(process, file))
        if stream is None:
            yield
            return
        with stream:  # stays readable after the process has ended
            write_leases(file, stream.read())  # before the end: fails if it is impossible
            yield
            stream.seek(0)
            write_leases(file, stream.read())
        self._found.pop(process, None)

    def forget_others(self, running: frozenset[Process]) -> None:
        """Forget the processes that do not run any more."""
        for process in self._found.keys() - running:
            self._found.pop(process, None)

    def _search(
        self, process: Process, file: Path, inode: Inode | None
    ) -> tuple[Path, Inode] | None:
        descriptors = PROC / str(process.pid) / "fd"
        with suppress(OSError):  # it has ended, or may not be looked into
            for number in os.listdir(descriptors):  # noqa: PTH208 - only names are needed
                opened = descriptors / number
                found = _get_inode(opened)
                if found and (found == inode or _is_lease_file(opened, file)):
                    self._found[process] = opened, found
                    return opened, found
        return None


def _is_lease_file(opened: Path, file: Path) -> bool:
    """Return whether a descriptor is that of a lease file that was removed or renamed."""
    with suppress(OSError):
        if str(opened.readlink()) == f"{file} (deleted)":
            return True
        if opened.is_file():
            text = (opened.parents[1] / "fdinfo" / opened.name).read_text()
            flags = int(next(x for x in text.splitlines() if x.startswith("flags:")).split()[1], 8)
            return flags & (os.O_ACCMODE | os.O_APPEND) == READ_AND_APPEND
    return False


def _open(file: Path | None) -> TextIO | None:
    """Open the file; None: there is none, or its process has ended."""
    with suppress(OSError):
        return None if file is None else file.open(errors="replace")
    return None


def _get_inode(path: Path) -> Inode | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - for each dnsmasq in each pass
    except OSError:
        return None
    return status.st_dev, status.st_ino
