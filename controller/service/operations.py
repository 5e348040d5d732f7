"""The operation log: each call or command that changes something leaves a row with its caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudnet.common.request import get_unrecorded_request, mark_recorded
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import operations as operation_rows
from cloudnet.controller.model.changes import Change
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.notify.port import ChangeSink

UNRECORDED = frozenset({"lease_fixed_ip", "release_fixed_ip"})  # what DHCP servers report


class Operations:
    """Records each request in its first transaction, and announces what is committed."""

    def __init__(self, database: Database, sink: ChangeSink, clock: Clock) -> None:
        self._database = database
        self._sink = sink
        self._clock = clock
        database.observe(self._record, self._announce)

    def list_last(self, limit: int, request_id: str | None = None) -> list[dict[str, Any]]:
        """Return the last operations, the oldest first; Any: columns of several types."""
        with self._database.reading() as connection:
            return operation_rows.list_last(connection, limit, request_id)

    def _record(self, connection: Connection) -> None:
        request = get_unrecorded_request()
        if request is not None and request.operation not in UNRECORDED:
            operation_rows.add(connection, request, self._clock())

    def _announce(self, changes: Sequence[Change]) -> None:
        mark_recorded()
        if changes:
            self._sink.announce(changes)
