"""A file that dnsmasq processes read when they start and at each SIGHUP.

A mark beside it says that a SIGHUP is due, for the case that the agent is stopped before it sends
one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.file_stamps import Stamp, read_stamp
from cloudnet.agent.drivers.dnsmasq.permissions import READ, READ_AND_ENTER
from cloudnet.common.regular_file import read_regular, write_regular


class ReloadedFile:
    """One file; a file that does not exist differs from an empty one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark = path.with_suffix(f"{path.suffix}.reload")
        self._stamp: Stamp = None  # of the file as it was read or written last

    def read(self) -> str | None:
        """Return the text; None: there is no file that dnsmasq can read."""
        self._stamp = read_stamp(str(self.path))
        try:
            return os.fsdecode(read_regular(self.path, permission=READ))
        except OSError:
            return None

    @property
    def is_reload_due(self) -> bool:
        """Whether processes may have read an older text."""
        return self._mark.exists()

    def write(self, text: str) -> None:
        """Replace the text, and mark that a SIGHUP is due; the same text changes nothing."""
        if self.read() == text:
            return
        self._create_directory()
        write_regular(self._mark, "")
        fresh = self.path.with_suffix(f"{self.path.suffix}.new")
        write_regular(fresh, text)
        fresh.chmod(0o644)  # whatever the umask is: dnsmasq reads as nobody
        fresh.rename(self.path)
        self._stamp = read_stamp(str(self.path))

    def _create_directory(self) -> None:
        directory = self.path.parent
        directory.mkdir(parents=True, exist_ok=True)
        if directory.stat().st_mode & READ_AND_ENTER != READ_AND_ENTER:
            directory.chmod(0o755)

    def confirm(self) -> None:
        """Remove the mark: the processes were started or got a SIGHUP."""
        self._mark.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the file and its mark, and the directory if it is empty."""
        self.path.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()
        self._stamp = None

    def has_changed(self) -> bool:
        """Return whether another program changed the file."""
        return self._stamp != read_stamp(str(self.path))
