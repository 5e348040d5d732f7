"""Heartbeats that report no change: they are compared, and write nothing.

An agent whose report was taken sends only its digest until something changes. The database is only
read; the time of the heartbeat stays in memory and is written a moment later, for all hosts at
once, so that a thousand hosts cost no thousand commits.
"""

from __future__ import annotations

import threading
from datetime import datetime

from cloudnet.common.wire.digests import digest_applied
from cloudnet.common.wire.objects import Applied, Heartbeat
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import host_agents as host_agent_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model.clock import Clock


class Heartbeats:
    """Compares digests, and keeps the times of heartbeats until they are written."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, datetime] = {}  # host → its last heartbeat, not written yet

    def process(self, heartbeat: Heartbeat) -> bool:
        """Return whether the agent must report: its host, or the desired state, has changed.

        A heartbeat that needs no report is noted.
        """
        with self._database.reading() as connection:
            if not _is_known(connection, heartbeat):
                return True
        with self._lock:
            self._seen[heartbeat.host] = self._clock()
        return False

    def record_seen(self) -> None:
        """Write the times of the heartbeats since the last time, in one transaction."""
        with self._lock:
            seen, self._seen = self._seen, {}
        if seen:
            self._database.write(
                lambda connection: service_rows.record_seen(connection, seen), idempotent=True
            )


def _is_known(connection: Connection, heartbeat: Heartbeat) -> bool:
    """Whether the database has the last report, and the host its desired state."""
    return (
        host_agent_rows.get_digest(connection, heartbeat.host) == heartbeat.report
        and cloud_rows.get_check(connection) is None
        and cloud_rows.get(connection).branch == heartbeat.branch
        and revision_rows.get(connection, revision_rows.RANGES) == heartbeat.ranges
        and heartbeat.dns in {None, revision_rows.get(connection, revision_rows.DNS)}
        and not host_change_rows.has_changed(connection, heartbeat.host)
        and _has_applied(connection, heartbeat)
    )


def _has_applied(connection: Connection, heartbeat: Heartbeat) -> bool:
    rows = host_network_rows.list_for_host(connection, heartbeat.host)
    applied = digest_applied(Applied(row.network_uuid, row.revision) for row in rows)
    is_recorded = all(row.applied_revision == row.revision for row in rows)
    return is_recorded and applied == heartbeat.applied
