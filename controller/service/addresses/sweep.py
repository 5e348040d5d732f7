"""The end of the quarantine: released addresses become free, whatever became of their hosts."""

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

BATCH = 500  # addresses in one transaction, so that other transactions do not wait long
LONGEST_PAUSE_SECONDS = 10.0


class Sweeper:
    """Frees addresses whose quarantine is over; several controllers may do so at once."""

    def __init__(self, database: Database, quarantine_seconds: int, clock: Clock) -> None:
        self._database = database
        self._quarantine = timedelta(seconds=quarantine_seconds)
        self._clock = clock

    @property
    def pause_seconds(self) -> float:
        """The pause between two sweeps."""
        return max(1.0, min(self._quarantine.total_seconds() / 4, LONGEST_PAUSE_SECONDS))

    def sweep(self) -> int:
        """Free all addresses whose quarantine is over, and return how many."""
        total = 0
        while True:
            freed = self._database.write(self._free_batch)
            total += freed
            if freed < BATCH:
                break
        if total:
            quarantine = self._quarantine.total_seconds()
            LOG.info("%d addresses: freed after %d s of quarantine", total, quarantine)
        return total

    def _free_batch(self, connection: Connection) -> int:
        now = self._clock()
        due = address_rows.list_quarantined_before(connection, now - self._quarantine, BATCH)
        freed = [row for row in due if address_rows.end_quarantine(connection, row.id)]
        if freed:
            freed_events = [events.address_event(events.FREED, row) for row in freed]
            history_rows.add(connection, freed_events, now)
            instance_rows.delete_unused(connection, {row.instance_uuid for row in freed})
        return len(freed)
