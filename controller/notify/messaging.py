"""Telling hosts after the commit: whole snapshots, cast by one thread, so that a burst is one.

A cast may be lost, and then nothing is done about it here: every heartbeat compares revisions.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable
from typing import Protocol

from cloudnet.common import rpc
from cloudnet.common.errors import CloudnetError
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import FixedRanges, Snapshot
from cloudnet.controller.model.records import Touched

LOG = logging.getLogger(__name__)

REST = 3.0  # times as long as the telling took
LONGEST_REST = 0.25  # seconds


class Source(Protocol):
    """Where the content of a message is read."""

    def snapshot(self, touched: Touched) -> Snapshot | None:
        """Return what a host should have of a network, None when it need not know of it."""

    def ranges(self) -> FixedRanges:
        """Return the ranges of all networks."""


class Casts(Protocol):
    """The way to the hosts."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """Cast to the snapshot's host."""

    def ranges(self, ranges: FixedRanges) -> None:
        """Cast to every host."""


class RpcCasts:
    """The way over the queue; without a broker a cast fails soon instead of waiting for it."""

    def __init__(self, transport: messaging.Transport) -> None:
        self._client = rpc.client(transport, rpc.AGENT_TOPIC)

    def snapshot(self, snapshot: Snapshot) -> None:
        """Cast to the snapshot's host."""
        to_host = self._client.prepare(server=snapshot.host, retry=1)
        to_host.cast({}, "apply_snapshot", snapshot=to_wire(snapshot))

    def ranges(self, ranges: FixedRanges) -> None:
        """Cast to every host."""
        self._client.prepare(fanout=True, retry=1).cast({}, "apply_ranges", ranges=to_wire(ranges))


def tell(source: Source, casts: Casts, touched: Iterable[Touched], *, ranges: bool) -> None:
    """Cast what has changed, as it is by now."""
    if ranges:
        casts.ranges(source.ranges())
    for each in sorted(touched):
        snapshot = source.snapshot(each)
        if snapshot is not None:
            casts.snapshot(snapshot)
            LOG.debug("cast %s to %s, revision %d", each.network, each.host, snapshot.revision)


class Announcer:
    """Collects what has changed and tells it from a thread of its own."""

    def __init__(self, source: Source, casts: Casts) -> None:
        self._source = source
        self._casts = casts
        self._dirty: set[Touched] = set()
        self._ranges_dirty = False
        self._closing = False
        self._away = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="announce", daemon=True)
        self._thread.start()

    def hosts(self, touched: Iterable[Touched]) -> None:
        """These hosts' pictures of these networks have changed."""
        with self._news:
            self._dirty.update(touched)
            self._news.notify()

    def ranges(self) -> None:
        """A network has come or gone."""
        with self._news:
            self._ranges_dirty = True
            self._news.notify()

    def close(self, seconds: float = 5.0) -> None:
        """Tell what is left, for at most so long, and end."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._dirty or self._ranges_dirty or self._closing)
                dirty, self._dirty = self._dirty, set()
                ranges_dirty, self._ranges_dirty = self._ranges_dirty, False
                if not dirty and not ranges_dirty:
                    return
            began = time.monotonic()
            self._tell(dirty, ranges=ranges_dirty)
            self._rest(time.monotonic() - began)

    def _rest(self, took: float) -> None:
        """Leave callers most of the time, and let what comes meanwhile become one snapshot."""
        with self._news:
            self._news.wait_for(lambda: self._closing, min(took * REST, LONGEST_REST))

    def _tell(self, dirty: Collection[Touched], *, ranges: bool) -> None:
        try:
            tell(self._source, self._casts, dirty, ranges=ranges)
        except (messaging.MessagingException, CloudnetError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            level = logging.DEBUG if self._away else logging.WARNING
            LOG.log(level, "hosts cannot be told now (%s); their heartbeats will ask", reason)
            self._away = True
        except Exception:
            LOG.exception("%d changes not told; heartbeats will ask", len(dirty))
        else:
            if self._away:
                LOG.info("hosts are told again")
            self._away = False
