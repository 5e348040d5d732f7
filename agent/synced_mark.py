"""The file that says that all networks of this host are on disk, and in which files they are.

Without their names, a file that was lost would look like a network that is not to be here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cloudnet.common.regular_file import read_regular, write_regular


class SyncedMark:
    """The mark in a directory of snapshots."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "synced"
        self._text: str | None = None  # as it is on disk; None: there is no mark, or not known

    def read(self) -> list[Path] | None:
        """Return the files that must exist; None: there is no mark, so some may be missing."""
        self._text = None
        with suppress(OSError, ValueError):
            self._text = read_regular(self._file).decode()
            return [self._file.parent / name for name in self._text.splitlines()]
        return None

    def write(self, files: Iterable[Path]) -> None:
        """Create the mark, or change it, unless it names these files already.

        :raises OSError: that is impossible
        """
        text = "".join(f"{name}\n" for name in sorted(file.name for file in files))
        if text == self._text and self._file.exists():
            return
        fresh = self._file.with_suffix(".new")
        write_regular(fresh, text)
        fresh.rename(self._file)
        self._text = text

    def remove(self) -> None:
        """Remove the mark."""
        self._text = None
        self._file.unlink(missing_ok=True)
