"""The last snapshots on disk, from which a host rebuilds its network when nobody answers.

One file for each network, replaced atomically: a change costs what it changes, and a crash leaves
the old file or the new one. A file that cannot be read is set aside. The snapshots are then no
longer known to be complete, as if a file is missing, so nothing is removed until the controller has
replied. A file that another program removes is written again while the agent runs.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cloudnet.agent.synced_mark import SyncedMark
from cloudnet.common.errors import BadRequest, ConfigurationError
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.regular_file import open_regular, read_regular, write_regular
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import (
    DnsRecords,
    FixedRanges,
    NetworkGone,
    NetworkSnapshot,
    Origin,
    Snapshot,
)
from cloudnet.common.wire.validate import validate, validate_dns, validate_origin, validate_ranges

T = TypeVar("T")

Stamp = tuple[int, int] | None  # modification time and inode; None: unknown, or no directory

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredState:
    """What was on disk."""

    snapshots: tuple[Snapshot, ...]
    ranges: FixedRanges
    synced: bool
    origin: Origin | None = None  # the newest that was obeyed
    dns: DnsRecords | None = None  # None: no names were kept


class SnapshotCache:
    """The directory ``path`` and the files in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ranges = path / "ranges.json"
        self._origin = path / "origin.json"
        self._dns = path / "dns.json"
        self._mark = SyncedMark(path)
        self._written: set[Path] = set()  # files that are on disk, unless somebody removes them
        self._stamp: Stamp = None  # of the directory when it had all of them
        self._unwritten: dict[Path, str] = {}  # file → text that could not be written yet
        self._is_synced = False  # the controller has sent all networks at least once
        self._conditions = ConditionLog(LOG)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"state_path: cannot create {path}: {error}") from error

    def load(self) -> StoredState:
        """Return what is on disk."""
        # On a read-only disk, the mark may be older than snapshots that could not be written.
        listed = self._mark.read()
        self._is_synced = listed is not None and os.access(self._path, os.W_OK)
        for missing in [file for file in listed or () if not file.exists()]:
            self._start_incomplete(f"{missing}: it is missing")
        ranges = self._load(FixedRanges, self._ranges, validate_ranges) or FixedRanges(0, ())
        origin = self._load(Origin, self._origin, validate_origin)
        snapshots = tuple(self._load_snapshots())
        if origin is None:  # each snapshot has its own
            origin = max(
                (each.origin for each in snapshots if each.origin is not None),
                key=lambda each: each.generation,
                default=None,
            )
        dns = self._load(DnsRecords, self._dns, validate_dns)
        return StoredState(snapshots, ranges, self._is_synced, origin, dns)

    def keep(self, snapshot: Snapshot) -> None:
        """Write a network's snapshot in place of the one before."""
        self._keep(self._file(snapshot.network), json.dumps(to_wire(snapshot)))

    def keep_ranges(self, ranges: FixedRanges) -> None:
        """Write the fixed ranges."""
        self._keep(self._ranges, json.dumps(to_wire(ranges)))

    def keep_dns(self, records: DnsRecords) -> None:
        """Write all names in DNS."""
        self._keep(self._dns, json.dumps(to_wire(records)))

    def keep_origin(self, origin: Origin | None) -> None:
        """Write the newest origin that was obeyed."""
        if origin is not None:
            self._keep(self._origin, json.dumps(to_wire(origin)))

    def keep_synced(self) -> None:
        """Mark the snapshots on disk as complete, as soon as all of them are written."""
        self._is_synced = True
        self._update_mark()

    def forget(self, network: str) -> None:
        """Delete a network's snapshot."""
        file = self._file(network)
        self._unwritten.pop(file, None)
        self._written.discard(file)
        self._update_mark()  # before, so that the file is never missed
        with suppress(OSError):  # after a restart it is removed once more
            file.unlink(missing_ok=True)

    def retry(self) -> None:
        """Write what could not be written before."""
        for file in list(self._unwritten):
            self._write(file)
        if self._is_synced:
            self._update_mark()

    def restore(
        self,
        snapshots: Iterable[Snapshot],
        ranges: FixedRanges,
        origin: Origin | None,
        dns: DnsRecords | None = None,
    ) -> None:
        """Write the files again that another program has removed; costs one system call if none.

        :param snapshots: all that are kept
        """
        if self._stamp is not None and self._stamp == _stamp(self._path):
            return
        missing = {file for file in self._written if not file.exists()}
        for file in sorted(missing):
            LOG.warning("%s: was removed by another program; written again", file)
        for snapshot in snapshots:
            if self._file(snapshot.network) in missing:
                self.keep(snapshot)
        if self._ranges in missing:
            self.keep_ranges(ranges)
        if self._origin in missing:
            self.keep_origin(origin)
        if self._dns in missing and dns is not None:
            self.keep_dns(dns)
        self._update_mark()
        self._stamp = _stamp(self._path)

    def _load(self, type_: type[T], file: Path, check: Callable[[T], T]) -> T | None:
        if not file.exists():
            return None
        try:
            stored = check(from_wire(type_, json.loads(read_regular(file))))
        except (OSError, ValueError, RecursionError, BadRequest) as error:
            self._set_aside(file, error)
            return None
        self._written.add(file)
        return stored

    def _load_snapshots(self) -> Iterator[Snapshot]:
        for file in sorted(self._path.glob("network-*.json")):
            try:
                stored = validate(from_wire(_SNAPSHOT, json.loads(read_regular(file))))
                if self._file(stored.network) != file:
                    raise BadRequest(f"it is of network {stored.network}")
            except (OSError, ValueError, RecursionError, BadRequest) as error:
                self._set_aside(file, error)
            else:
                self._written.add(file)
                yield stored

    def _set_aside(self, file: Path, error: Exception) -> None:
        self._start_incomplete(f"{file}: cannot be read ({error})")
        with suppress(OSError):  # then it stays, and is logged again at the next start
            file.rename(file.with_suffix(".unreadable"))

    def _start_incomplete(self, why: str) -> None:
        LOG.error("%s; nothing is removed until the controller replies", why)
        self._is_synced = False
        self._update_mark()

    def _file(self, network: str) -> Path:
        return self._path / f"network-{network}.json"

    def _keep(self, file: Path, text: str) -> None:
        """Write the file; guests do not wait for a disk that cannot be written to."""
        self._unwritten[file] = text
        self._write(file)

    def _write(self, file: Path) -> None:
        fresh = file.with_suffix(".new")
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)  # if it was deleted
            with open(fresh, "w", opener=open_regular) as stream:
                stream.write(self._unwritten[file])
                stream.flush()
                os.fsync(stream.fileno())
            fresh.rename(file)
        except OSError as error:
            self._start_condition(file, error)
            self._update_mark()
            return
        del self._unwritten[file]
        if file not in self._written:
            self._written.add(file)
            self._update_mark()
        self._stamp = None
        if not self._unwritten:
            self._conditions.resolve(self._condition)

    @property
    def _condition(self) -> str:
        return f"cannot store snapshots in {self._path}"

    def _start_condition(self, file: Path, error: OSError) -> None:
        line = (
            f"{self._condition}: {file.name}: {error.strerror}; free space or repair the disk. "
            "After a restart the agent has older snapshots until the controller replies"
        )
        if not self._conditions.is_active(self._condition):  # one line, whichever files follow
            self._conditions.start(self._condition, line)

    def _update_mark(self) -> None:
        """Create or delete the mark that says whether the snapshots on disk are complete."""
        with suppress(OSError):  # tried again with the next reply
            if self._is_synced and not self._unwritten:
                self._mark.write(self._written)
            else:
                self._mark.remove()


_SNAPSHOT: type[Snapshot] = NetworkSnapshot | NetworkGone  # type: ignore[assignment]  # a union is no type to mypy


def _stamp(directory: Path) -> Stamp:
    try:
        status = directory.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


class TrialFile:
    """The file of the changes on trial, which the agent needs after a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        """Return the text; empty if it cannot be read."""
        with suppress(OSError, ValueError):
            return read_regular(self._path).decode()
        return ""

    def write(self, text: str) -> None:
        """Replace the text, if the disk can be written to."""
        fresh = self._path.with_suffix(".new")
        with suppress(OSError):
            write_regular(fresh, text)
            fresh.rename(self._path)
