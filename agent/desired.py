"""What the controller has said last, by network; the only thing RPC threads touch.

An older revision is dropped, whichever way it came. What is new is kept on disk before the loop
is woken, so that what is applied is never forgotten.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.wire.objects import (
    FixedRanges,
    NetworkGone,
    NetworkSnapshot,
    ReportReply,
    Snapshot,
)

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class DesiredState:
    """All that this host has been told."""

    snapshots: tuple[Snapshot, ...] = ()
    ranges: FixedRanges = field(default=FixedRanges(0, ()))
    synced: bool = False  # a complete picture has been there, from the controller or from disk

    @property
    def wanted(self) -> list[NetworkSnapshot]:
        return [resource for resource in self.snapshots if isinstance(resource, NetworkSnapshot)]

    @property
    def gone(self) -> list[NetworkGone]:
        return [resource for resource in self.snapshots if isinstance(resource, NetworkGone)]


class DesiredStore:
    """Thread-safe; every ``put`` that brings something new wakes whoever waits."""

    def __init__(self, host: str, memory: SnapshotCache) -> None:
        self._host = host
        self._cache = memory
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._look = False  # something else than the controller has woken us
        stored = memory.load()
        self._snapshots = {
            resource.network: resource for resource in stored.snapshots if resource.host == host
        }
        self._forgotten: dict[str, int] = {}  # by network, its last revision: late casts are older
        self._ranges = stored.ranges
        # Under another name this host was told of other networks, which it may still have.
        self._strangers = [resource for resource in stored.snapshots if resource.host != host]
        self._synced = stored.synced and not self._strangers
        if self._strangers:
            LOG.warning(
                "this is %s, and %d networks are kept as those of %s: nothing is taken away "
                "before the controller has spoken",
                host,
                len(self._strangers),
                self._strangers[0].host,
            )

    def put(self, snapshot: Snapshot) -> None:
        """Take one network's snapshot, unless it is no news."""
        with self._lock:
            news = self._take(snapshot)
        if news:
            self._news.set()

    def put_ranges(self, ranges: FixedRanges) -> None:
        """Take the fixed ranges, unless they are no news."""
        with self._lock:
            news = self._take_ranges(ranges)
        if news:
            self._news.set()

    def put_reply(self, picture: ReportReply) -> None:
        """Take the controller's answer to a report; after the first, the picture is whole."""
        with self._lock:
            for snapshot in picture.stale:
                # Said in answer to a report that did not speak of it: newer than the forgetting.
                self._forgotten.pop(snapshot.network, None)
            news = [self._take(snapshot) for snapshot in picture.stale]
            news.append(self._take_ranges(picture.ranges))
            self._cache.try_again()
            if not self._synced:
                self._synced = True
                self._forget_strangers()
                self._cache.keep_synced()
                news.append(True)
        if any(news):
            self._news.set()

    def forget(self, gone: NetworkGone) -> None:
        """Forget a network of which nothing is left here, when the controller knows so."""
        with self._lock:
            if self._snapshots.get(gone.network) == gone:
                del self._snapshots[gone.network]
                self._forgotten[gone.network] = gone.revision
                self._cache.forget(gone.network)

    def desired(self) -> DesiredState:
        """Return all there is."""
        with self._lock:
            return DesiredState(tuple(self._snapshots.values()), self._ranges, self._synced)

    def wake(self, *, lost: bool = False) -> None:
        """Have the host read again now.

        :param lost: events were lost, so anything may have changed
        """
        self._look = True  # before the other: who is woken by that finds this
        self._news.set()

    def wait(self, seconds: float) -> bool:
        """Wait until there is something to do; False: it is only what the controller says."""
        desired = self._news.wait(seconds)
        self._news.clear()
        look, self._look = self._look, False
        return look or not desired

    def _take(self, snapshot: Snapshot) -> bool:
        if snapshot.host != self._host:
            LOG.warning(
                "dropped a snapshot of network %s meant for host %s; this is %s",
                snapshot.network,
                snapshot.host,
                self._host,
            )
            return False
        known = self._snapshots.get(snapshot.network)
        newest = self._forgotten.get(snapshot.network, 0) if known is None else known.revision
        if newest >= snapshot.revision:
            return False
        self._cache.keep(snapshot)
        self._snapshots[snapshot.network] = snapshot
        return True

    def _forget_strangers(self) -> None:
        for resource in self._strangers:
            if resource.network not in self._snapshots:
                self._cache.forget(resource.network)
        self._strangers.clear()

    def _take_ranges(self, ranges: FixedRanges) -> bool:
        if ranges.revision <= self._ranges.revision:
            return False
        self._cache.keep_ranges(ranges)
        self._ranges = ranges
        return True
