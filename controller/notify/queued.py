"""A notifier with a queue and a thread of its own: a burst of changes becomes one cast per host.

A cast that fails is not repeated: every heartbeat compares revisions, and its reply carries what
the host lacks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol

from cloudnet.common.errors import CloudnetError
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.wire.objects import (
    DnsRecords,
    FixedRanges,
    Origin,
    Snapshot,
    SnapshotPatch,
)
from cloudnet.controller.model.host_changes import Fold, HostChange
from cloudnet.controller.model.records import SnapshotKey

LOG = logging.getLogger(__name__)

PAUSE_FACTOR = 3.0  # a pause is this many times as long as the casts before it took
LONGEST_PAUSE = 0.25  # seconds

CANNOT_NOTIFY = "cannot notify hosts"  # a condition that is logged once


class SnapshotSource(Protocol):
    """Reads what is cast, as it is at that moment."""

    def raise_revisions(self, *, others: bool = False) -> tuple[Origin | None, Fold]:
        """Raise the revision of all that has changed; return the new origin of the database."""

    def get_change(self, change: HostChange) -> Snapshot | SnapshotPatch | None:
        """Return what a host must get of a change, or None if it must get nothing."""

    def get_ranges(self) -> FixedRanges:
        """Return the ranges of all networks."""

    def publish_dns(self) -> DnsRecords | None:
        """Return the names in DNS that changed since they were last published; None: none has."""


class Caster(Protocol):
    """Casts to agents."""

    def cast_snapshot(self, snapshot: Snapshot) -> None:
        """Cast a snapshot to its host."""

    def cast_patch(self, patch: SnapshotPatch) -> None:
        """Cast what has changed of a snapshot to its host."""

    def cast_ranges(self, ranges: FixedRanges) -> None:
        """Cast the ranges of all networks to every host."""

    def cast_dns(self, records: DnsRecords) -> None:
        """Cast names in DNS to every host."""


def cast_changes(source: SnapshotSource, caster: Caster, *, ranges: bool) -> None:
    """Cast what has changed since the last revisions, and the ranges if these have."""
    names = source.publish_dns()
    is_complete = False
    while not is_complete:
        origin, fold = source.raise_revisions(others=ranges or names is not None)
        is_complete = fold.is_complete
        if origin is None:
            return
        if ranges:
            caster.cast_ranges(replace(source.get_ranges(), origin=origin))
            ranges = False
        if names is not None:
            caster.cast_dns(replace(names, origin=origin))
            LOG.debug("DNS: cast %d names, revision %d", len(names.records), names.revision)
            names = None
        for change in fold.changes:
            _cast_change(source, caster, change, origin)


def _cast_change(
    source: SnapshotSource, caster: Caster, change: HostChange, origin: Origin
) -> None:
    content = source.get_change(change)
    if content is None:
        return
    content = replace(content, origin=origin)
    if isinstance(content, SnapshotPatch):
        caster.cast_patch(content)
        LOG.debug(
            "network %s on host %s: cast revision %d, a patch of %d",
            content.network,
            content.host,
            content.revision,
            content.base,
        )
    else:
        caster.cast_snapshot(content)
        LOG.debug(
            "network %s on host %s: cast revision %d",
            content.network,
            content.host,
            content.revision,
        )


class QueuedNotifier:
    """Collects changes and casts them from a thread of its own."""

    def __init__(self, source: SnapshotSource, caster: Caster) -> None:
        self._source = source
        self._caster = caster
        self._changed: set[SnapshotKey] = set()
        self._ranges_changed = False
        self._dns_changed = False
        self._closing = False
        self._conditions = ConditionLog(LOG)
        self._wakeup = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self._thread.start()

    def notify_hosts(self, changed: Iterable[SnapshotKey]) -> None:
        """Queue these snapshots."""
        with self._wakeup:
            self._changed.update(changed)
            self._wakeup.notify()

    def notify_ranges(self) -> None:
        """Queue the ranges of all networks."""
        with self._wakeup:
            self._ranges_changed = True
            self._wakeup.notify()

    def notify_dns(self) -> None:
        """Queue the names in DNS that changed."""
        with self._wakeup:
            self._dns_changed = True
            self._wakeup.notify()

    def close(self, seconds: float = 5.0) -> None:
        """Cast what is queued, for at most so long, and end the thread."""
        with self._wakeup:
            self._closing = True
            self._wakeup.notify()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._wakeup:
                self._wakeup.wait_for(lambda: self._has_any() or self._closing)
                if not self._has_any():
                    return
                changed, self._changed = self._changed, set()
                ranges_changed, self._ranges_changed = self._ranges_changed, False
                self._dns_changed = False
            began = time.monotonic()
            self._cast(changed, ranges=ranges_changed)
            self._pause(time.monotonic() - began)

    def _has_any(self) -> bool:
        return bool(self._changed) or self._ranges_changed or self._dns_changed

    def _pause(self, took: float) -> None:
        """Leave most of the time to callers, and let further changes join in one snapshot."""
        with self._wakeup:
            self._wakeup.wait_for(lambda: self._closing, min(took * PAUSE_FACTOR, LONGEST_PAUSE))

    def _cast(self, changed: Collection[SnapshotKey], *, ranges: bool) -> None:
        try:
            cast_changes(self._source, self._caster, ranges=ranges)
        except CloudnetError as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            self._conditions.start(CANNOT_NOTIFY, _describe(reason), log_changes=False)
        except Exception:
            LOG.exception("%s", _describe(f"{len(changed)} changes"))
        else:
            self._conditions.resolve(CANNOT_NOTIFY)


def _describe(reason: str) -> str:
    return f"{CANNOT_NOTIFY} ({reason}); their next heartbeats bring them the changes"
