"""The end of the quarantine: released addresses become free, whatever became of their hosts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import quarantine as quarantine_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.service.addresses import quarantine

LOG = logging.getLogger(__name__)

BATCH = 500  # addresses in one transaction, so that other transactions do not wait long
PAUSE_SECONDS = 1.0


class Sweeper:
    """Frees addresses whose quarantine is over; several controllers may do so at once."""

    def __init__(self, database: Database, quarantine_seconds: int, clock: Clock) -> None:
        self._database = database
        self._longest_seconds = quarantine_seconds
        self._clock = clock

    @property
    def pause_seconds(self) -> float:
        """The pause between two sweeps."""
        return PAUSE_SECONDS

    def sweep(self) -> int:
        """Free all addresses whose quarantine is over, and return how many.

        Without any, nothing is written.
        """
        with self._database.reading() as connection:
            due = quarantine.has_due(connection, self._clock(), self._longest_seconds)
        freed = self._repeat(self._free_due) if due else 0
        if freed:
            LOG.info("%d addresses: freed after their quarantine", freed)
        return freed

    def release_lost(self) -> int:
        """Begin the quarantine of addresses whose VIF somebody has deleted by SQL."""
        with self._database.reading() as connection:
            lost = quarantine_rows.has_address_without_vif(connection)
        return self._repeat(self._release_lost) if lost else 0

    def _repeat(self, work: Callable[[Connection], int]) -> int:
        """Run a transaction until it finds less than it could do; return how much was done."""
        total = 0
        while True:
            done = self._database.write(work, idempotent=True)
            total += done
            if done < BATCH:
                return total

    def _free_due(self, connection: Connection) -> int:
        return quarantine.free_due(connection, self._clock(), self._longest_seconds, BATCH)

    def _release_lost(self, connection: Connection) -> int:
        lost = quarantine.release_without_vif(connection, self._clock(), BATCH)
        for row in lost:
            LOG.warning(
                "address %s: released, because the VIF of instance %s that had it is gone",
                row.address,
                row.instance_uuid,
            )
        return len(lost)
