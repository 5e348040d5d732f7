"""The check of all rows against each other."""

from __future__ import annotations

from cloudnet.controller.db.engine import Database
from cloudnet.controller.db.rows.raw import list_raw
from cloudnet.controller.model.consistency.check import list_findings
from cloudnet.controller.model.consistency.finding import KEYS, Finding


class Consistency:
    """Finds rows that contradict each other, or that no program of cloudnet would write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_findings(self) -> list[Finding]:
        """Return what contradicts; nothing is changed."""
        with self._database.reading() as connection:
            tables = {table: list_raw(connection, table) for table in KEYS}
        return list_findings(tables)
