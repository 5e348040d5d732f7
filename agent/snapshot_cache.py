"""The last snapshots on disk: what a node rebuilds its network from when nobody answers.

One file a network, replaced whole, so that the cost of a change is that of the change and a crash
leaves the old or the new. A file that cannot be read is set aside and said; the picture is then no
longer known to be whole, so nothing is taken away until the controller has spoken.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cloudnet.common.errors import BadRequest, ConfigurationError
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import FixedRanges, NetworkGone, NetworkSnapshot, Snapshot

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stored:
    """What was on disk."""

    snapshots: tuple[Snapshot, ...]
    ranges: FixedRanges
    synced: bool


class SnapshotCache:
    """The directory ``path`` and what is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ranges = path / "ranges.json"
        self._synced = path / "whole"
        self._unkept: dict[Path, str] = {}  # what the disk has not taken yet
        self._is_synced = False  # there has been a whole picture
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"state_path: {path} cannot be made: {error}") from error

    def load(self) -> Stored:
        """Return what was kept."""
        # On a disk that takes nothing, the mark may be older than what should have been kept.
        self._is_synced = self._synced.exists() and os.access(self._path, os.W_OK)
        ranges = FixedRanges(0, ())
        if self._ranges.exists():
            try:
                ranges = from_wire(FixedRanges, json.loads(self._ranges.read_text()))
            except (OSError, ValueError, BadRequest) as error:
                self._set_aside(self._ranges, error)
        snapshots = tuple(self._snapshots())
        return Stored(snapshots, ranges, self._is_synced)

    def keep(self, snapshot: Snapshot) -> None:
        """Keep a network's snapshot in place of the one before."""
        self._keep(self._file(snapshot.network), json.dumps(to_wire(snapshot)))

    def keep_ranges(self, ranges: FixedRanges) -> None:
        """Keep the fixed ranges."""
        self._keep(self._ranges, json.dumps(to_wire(ranges)))

    def keep_synced(self) -> None:
        """Remember that what is kept is a whole picture, as soon as all of it is kept."""
        self._is_synced = True
        self._mark()

    def forget(self, network: str) -> None:
        """Forget a network."""
        file = self._file(network)
        self._unkept.pop(file, None)
        with suppress(OSError):  # told again after a restart, it is forgotten again
            file.unlink(missing_ok=True)

    def try_again(self) -> None:
        """Keep what the disk has not taken before, if it does now."""
        if self._unkept:
            for file in list(self._unkept):
                self._write(file, say=False)
            if not self._unkept:
                LOG.info("what the controller says is kept again in %s", self._path)
        if self._is_synced:
            self._mark()

    def _snapshots(self) -> Iterator[Snapshot]:
        for file in sorted(self._path.glob("network-*.json")):
            try:
                stored: Snapshot = from_wire(_ANY, json.loads(file.read_text()))
            except (OSError, ValueError, BadRequest) as error:
                self._set_aside(file, error)
            else:
                yield stored

    def _set_aside(self, file: Path, error: Exception) -> None:
        LOG.error("%s cannot be read (%s); set aside until the controller answers", file, error)
        # An agent that starts now takes nothing away before the controller has spoken.
        self._is_synced = False
        self._mark()
        with suppress(OSError):  # it stays where it is, and is said again at the next start
            file.rename(file.with_suffix(".unreadable"))

    def _file(self, network: str) -> Path:
        return self._path / f"network-{network}.json"

    def _keep(self, file: Path, text: str) -> None:
        """Write the file; a disk that takes nothing is said once, and no guest waits for it."""
        sound = not self._unkept
        self._unkept[file] = text
        self._write(file, say=sound)

    def _write(self, file: Path, *, say: bool) -> None:
        fresh = file.with_suffix(".new")
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)  # somebody may remove it
            with fresh.open("w") as stream:
                stream.write(self._unkept[file])
                stream.flush()
                os.fsync(stream.fileno())
            fresh.rename(file)
        except OSError as error:
            if say:
                LOG.warning(
                    "cannot keep what the controller says: %s: %s; make room or mend the disk: "
                    "until then a restart knows only what was kept before",
                    file,
                    error.strerror,
                )
            self._mark()
        else:
            del self._unkept[file]

    def _mark(self) -> None:
        """Let a file say whether all of a whole picture is on disk."""
        with suppress(OSError):  # tried again with the next answer
            if self._is_synced and not self._unkept:
                self._synced.touch()
            else:
                self._synced.unlink(missing_ok=True)


_ANY: type[Snapshot] = NetworkSnapshot | NetworkGone  # type: ignore[assignment]  # a union is no type to mypy
