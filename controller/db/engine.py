"""The database: one engine, reading and writing transactions, and repeating those that lost a race.

A writing transaction is a function of a connection. If another one wins (it takes a unique key
first, there is a deadlock or a serialization failure), all of it is rolled back and run again, so
it must act on nothing but the database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random,
)

from cloudnet.common.deadline import check_deadline
from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db import changes
from cloudnet.controller.db.drivers import create_engine
from cloudnet.controller.db.errors import REPEATABLE, translate
from cloudnet.controller.model.changes import Change

LOG = logging.getLogger(__name__)

ATTEMPTS = 12
MOST_PARAMETERS = 500  # in one statement; each database has a limit of its own above that

T = TypeVar("T")
Connection = sa.Connection


class Database:
    """The database at a URL; with ``dry_run``, writing transactions run and are rolled back.

    Nothing is connected to before the first transaction.

    :raises DatabaseUnavailable: the URL's driver is not installed
    """

    def __init__(
        self,
        url: str,
        connections: int = 20,
        *,
        dry_run: bool = False,
        wait_seconds: float = 30.0,
    ) -> None:
        """:param wait_seconds: for a connection, or for SQLite's lock"""
        self._dry_run = dry_run
        self._engine = create_engine(url, connections, wait_seconds)
        sa.event.listen(self._engine, "handle_error", translate, retval=True)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._before_commit: Callable[[Connection], None] = _ignore
        self._after_commit: Callable[[Sequence[Change]], None] = _ignore
        # SQLite has one writer at a time and makes the others poll; in one process they queue.
        self._writers: AbstractContextManager[Any] = (
            threading.Lock() if self._sqlite else nullcontext()
        )

    def observe(
        self,
        before_commit: Callable[[Connection], None],
        after_commit: Callable[[Sequence[Change]], None],
    ) -> None:
        """Call these around the commit of each writing transaction.

        :param after_commit: gets what the transaction has changed; must not raise
        """
        self._before_commit, self._after_commit = before_commit, after_commit

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction that sees one state of everything and changes nothing.

        :raises DatabaseUnavailable: there is no database, or it has no tables
        """
        with self._begin("DEFERRED") as connection:
            yield connection

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """Begin a transaction that changes tables.

        :raises DatabaseUnavailable: there is no database
        """
        with self._writers, self._begin("IMMEDIATE") as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction and commit it; run it again if another one won.

        :raises Conflict: it violates a key or a constraint in every attempt
        :raises DeadlinePassed: its caller no longer waits; nothing is changed
        :raises DatabaseUnavailable: there is no database, or it has no tables
        """
        try:
            return self._write_once(work)
        except REPEATABLE:  # the first attempt is cheap: no retry machinery around it
            result: T = _retrying()(self._write_once, work)
            return result

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        with self._writers, self._begin("IMMEDIATE") as connection:
            check_deadline()  # waiting for the lock may have taken all the time
            changes.begin(connection)
            result = work(connection)
            self._before_commit(connection)
            check_deadline()
            changed = changes.take(connection)
            if self._dry_run:
                connection.rollback()
                return result
        self._after_commit(changed)
        return result

    @contextmanager
    def _begin(self, mode: str) -> Iterator[Connection]:
        with self._connect() as connection, connection.begin():
            if self._sqlite:
                # SQLite refuses at once a reader that turns writer when another one wrote in
                # between, so a writing transaction takes the lock at its start. Explicitly: an
                # event listener for it would make every statement slower.
                connection.exec_driver_sql(f"BEGIN {mode}")
            yield connection

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except PoolTimeoutError as error:
            raise DatabaseUnavailable(
                "every connection to the database is in use; check what its queries wait for"
            ) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _ignore(_: object) -> None:
    """Do nothing."""


def new_id(done: sa.CursorResult[Any]) -> int:
    """Return the key that an INSERT of one row was given."""
    key = done.inserted_primary_key
    if key is None:
        raise TypeError("not an INSERT of one row")
    return int(key[0])


def _retrying() -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(REPEATABLE),
        stop=stop_after_attempt(ATTEMPTS - 1),
        wait=wait_random(0.001, 0.05),
        before_sleep=_log_retry,
        reraise=True,
    )


def _log_retry(state: RetryCallState) -> None:
    if state.outcome is not None:
        LOG.debug(
            "transaction: another one won, starting attempt %d (%s)",
            state.attempt_number + 1,
            state.outcome.exception(),
        )
