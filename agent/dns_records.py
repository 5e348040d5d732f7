"""The names in DNS that this host serves, after messages with all of them or with some."""

from __future__ import annotations

from collections.abc import Callable

from cloudnet.common.wire.objects import DnsRecords

NO_RECORDS = DnsRecords(0, None, (), ())
# So many names are written with each change. More of them are written later: an agent that restarts
# with older ones gets what changed with the first reply.
MOST_AT_ONCE = 1000
WRITE_SECONDS = 10.0


def merge(known: DnsRecords, update: DnsRecords) -> DnsRecords | None:
    """Return all names after an update; None: it is a patch on names that are not known here."""
    before = known.records
    if update.base is None:
        before = ()
    elif not update.base <= known.revision:
        return None
    domains = {zone.domain for zone in update.zones}
    records = {(each.domain, each.name): each for each in (*before, *update.records)}
    present = (
        each for each in records.values() if each.address is not None and each.domain in domains
    )
    return DnsRecords(update.revision, None, update.zones, tuple(present))


class HostNames:
    """The names of this host, and when they are written to its disk; not thread-safe."""

    def __init__(
        self,
        stored: DnsRecords | None,
        keep: Callable[[DnsRecords], None],
        clock: Callable[[], float],
    ) -> None:
        """:param keep: writes all names"""
        self.records = stored or NO_RECORDS
        self._keep = keep
        self._clock = clock
        self._due_at: float | None = None  # when they are written; None: they are on disk

    def take(self, update: DnsRecords) -> bool:
        """Take names that are newer; return False if they are a patch on others."""
        merged = merge(self.records, update)
        if merged is None:
            return False
        self.records = merged
        if update.base is None or len(merged.records) <= MOST_AT_ONCE:
            self._write()
        elif self._due_at is None:
            self._due_at = self._clock() + WRITE_SECONDS
        return True

    def keep_if_due(self) -> None:
        """Write the names if they have changed some time ago."""
        if self._due_at is not None and self._clock() >= self._due_at:
            self._write()

    def _write(self) -> None:
        self._due_at = None
        self._keep(self.records)
