"""The end of the quarantine: addresses come back although their instance and host are no more."""

from __future__ import annotations

import logging
from datetime import timedelta

from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.clock import Clock

LOG = logging.getLogger(__name__)

AT_ONCE = 500  # addresses in one transaction, so that callers need not wait long for theirs
LONGEST_PAUSE = 10.0


class Sweeper:
    """Frees addresses whose quarantine is over; any controller may, also several at once."""

    def __init__(self, database: Database, quarantine_seconds: int, clock: Clock) -> None:
        self._database = database
        self._quarantine = timedelta(seconds=quarantine_seconds)
        self._clock = clock

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two sweeps."""
        return max(1.0, min(self._quarantine.total_seconds() / 4, LONGEST_PAUSE))

    def sweep(self) -> int:
        """Free what is due and return how many addresses that were."""
        total = 0
        while True:
            freed = self._database.write(self._some)
            total += freed
            if freed < AT_ONCE:
                break
        if total:
            LOG.info("free %d addresses after %d s", total, self._quarantine.total_seconds())
        return total

    def _some(self, connection: Connection) -> int:
        now = self._clock()
        due = address_rows.list_quarantined_before(connection, now - self._quarantine, AT_ONCE)
        freed = [address for address in due if address_rows.end_quarantine(connection, address.id)]
        if freed:
            history_rows.add(
                connection, [events.address_event(events.FREED, one) for one in freed], now
            )
            instance_rows.delete_unused(connection, {one.instance_uuid for one in freed})
        return len(freed)
