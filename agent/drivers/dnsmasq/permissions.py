"""What dnsmasq, which gives up root's rights, may read.

dnsmasq reads its hosts directory again on SIGHUP: from one that it may not read any more, it would
take that there are no guests. So its files are not changed, and it gets no SIGHUP, before it can
read them.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cloudnet.common.errors import KernelRefused

READ = 0o004
READ_AND_ENTER = 0o005
ENTER = 0o001


def find_closed(directory: Path) -> Path | None:
    """Return the directory on this path that an ordinary user cannot enter; None: there is none.

    What does not exist yet is created with the right permissions.
    """
    for part in (directory, *directory.parents):
        with suppress(FileNotFoundError, NotADirectoryError):
            if not part.stat().st_mode & ENTER:
                return part
    return None


def refuse_closed(directory: Path) -> None:
    """Refuse a directory that dnsmasq cannot enter.

    :raises KernelRefused: naming the part of the path that keeps it out
    """
    closed = find_closed(directory)
    if closed is not None:
        raise KernelRefused(
            f"dnsmasq runs as an ordinary user and cannot read {closed}; "
            f"permit it by `chmod o+x {closed}`"
        )
