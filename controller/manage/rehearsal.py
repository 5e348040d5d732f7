"""A database that forgets every change at the end of its transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cloudnet.controller.database import Connection, Database

T = TypeVar("T")


class Rehearsal(Database):
    """What ``--dry-run`` works on: all is done, checked and answered, and nothing stays."""

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        with self._turn, self._begun("IMMEDIATE") as connection:
            try:
                return work(connection)
            finally:
                connection.rollback()
