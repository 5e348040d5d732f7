"""Notices cheaply that dnsmasq's files were changed by another program.

Compares the modification times of directories and of options files. A hosts file that is edited in
place changes none of them; the next full read finds it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cloudnet.agent.node.resources.dnsmasq import DnsmasqFiles

Stamp = tuple[int, int] | None  # modification time and inode; None: the file does not exist


class FileStamps:
    """The stamps of the files under ``networks_path``, as the agent read or wrote them."""

    def __init__(self, networks_path: Path) -> None:
        self._path = networks_path
        self._stamps: dict[str, Stamp] = {}

    def take(self, bridges: Iterable[str]) -> None:
        """Note the files of these bridges as they are, and of no others."""
        self._stamps = {}
        for bridge in bridges:
            self.update(bridge)

    def update(self, bridge: str) -> None:
        """Note the files of one bridge as they are, after they were written."""
        files = DnsmasqFiles.of(self._path, bridge)
        for path in (str(self._path), str(files.hosts), str(files.options)):
            self._stamps[path] = read_stamp(path)

    def have_changed(self) -> bool:
        """Return whether any file differs from its stamp."""
        return any(stamp != read_stamp(path) for path, stamp in self._stamps.items())


def read_stamp(path: str) -> Stamp:
    """Return what differs after the file, or the entries of a directory, were changed."""
    try:
        status = os.stat(path)  # noqa: PTH116 - hundreds of them, often
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
