"""The database: one engine, reading and writing transactions, and repeating those that lost a race.

A writing transaction is a function of a connection. If another one wins (it takes a unique key
first, there is a deadlock or a serialization failure) or the connection is lost, all of it is
rolled back and run again, so it must act on nothing but the database. If the connection is lost
during the commit, nobody knows what the server did: only a transaction of which a second run
changes nothing more is run again then, and the callers of the others learn it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cloudnet.common.deadline import check_deadline
from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db import changes
from cloudnet.controller.db.drivers import create_engine, get_sqlite_file
from cloudnet.controller.db.errors import (
    REPEATABLE,
    CannotConnect,
    ConnectionLost,
    OutcomeUnknown,
    translate,
)
from cloudnet.controller.db.retrying import retry_connection, retry_transaction
from cloudnet.controller.db.writers import Writers
from cloudnet.controller.model.changes import Change

RECONNECT_SECONDS = 10.0  # for which a transaction waits for a server that restarts
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
        """:param wait_seconds: for a connection of the pool, or for a lock"""
        self._dry_run = dry_run
        self._engine = create_engine(url, connections, wait_seconds)
        sa.event.listen(self._engine, "handle_error", translate, retval=True)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._before_commit: Callable[[Connection], None] = _ignore
        self._after_commit: Callable[[Sequence[Change]], None] = _ignore
        self._reading_engine = (
            self._engine  # whose transactions see one state anyway
            if self._sqlite
            else self._engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._wait_seconds = wait_seconds
        self._was_connected = False
        self._writers = Writers(get_sqlite_file(url)) if self._sqlite else None

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
        with self._begin("DEFERRED", self._reading_engine) as connection:
            yield connection

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """Begin a transaction that changes tables.

        :raises DatabaseUnavailable: there is no database
        """
        with self._writers or nullcontext(), self._begin("IMMEDIATE") as connection:
            yield connection

    def write(self, work: Callable[[Connection], T], *, idempotent: bool = False) -> T:
        """Run ``work`` in a transaction and commit it; run it again if another one won.

        :param idempotent: a second run after a commit is success, too
        :raises Conflict: it violates a key or a constraint in every attempt
        :raises OutcomeUnknown: the connection was lost during the commit, and it is not idempotent
        :raises DeadlinePassed: its caller no longer waits; nothing is changed
        :raises DatabaseUnavailable: there is no database, or it has no tables
        """
        try:
            return self._write_once(work, idempotent)
        except REPEATABLE:  # the first attempt is cheap: no retry machinery around it
            retrying = retry_transaction(self._wait_seconds)
            result: T = retrying(self._write_once, work, idempotent)
            return result

    def _write_once(self, work: Callable[[Connection], T], idempotent: bool) -> T:
        with self._writers or nullcontext(), self._begin("IMMEDIATE") as connection:
            check_deadline()  # waiting for the lock may have taken all the time
            changes.begin(connection)
            result = work(connection)
            self._before_commit(connection)
            check_deadline()
            changed = changes.take(connection)
            if self._dry_run:
                connection.rollback()
                return result
            if idempotent:
                connection.commit()
            else:
                _commit_once(connection)
        self._after_commit(changed)
        return result

    @contextmanager
    def _begin(self, mode: str, engine: sa.Engine | None = None) -> Iterator[Connection]:
        with self._connect(engine or self._engine) as connection, connection.begin():
            if self._sqlite:
                # SQLite refuses at once a reader that turns writer when another one wrote in
                # between, so a writing transaction takes the lock at its start. Explicitly: an
                # event listener for it would make every statement slower.
                connection.exec_driver_sql(f"BEGIN {mode}")
            yield connection

    def _connect(self, engine: sa.Engine) -> Connection:
        """Connect; wait for a server that has answered before and restarts."""
        try:
            connection = self._check_out(engine)
        except CannotConnect:
            if not self._was_connected:
                raise
            connection = retry_connection(RECONNECT_SECONDS)(self._check_out, engine)
        self._was_connected = True
        return connection

    def _check_out(self, engine: sa.Engine) -> Connection:
        check_deadline()
        try:
            return engine.connect()
        except PoolTimeoutError as error:
            raise DatabaseUnavailable(
                "every connection to the database is in use; check what its queries wait for"
            ) from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if not engine.url.query:
                raise
            raise DatabaseUnavailable(
                f"the driver {engine.driver} refuses an argument ({error}); correct what follows "
                "the ? in [database] connection"
            ) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        if self._writers is not None:
            self._writers.close()


def _commit_once(connection: Connection) -> None:
    try:
        connection.commit()
    except ConnectionLost as error:
        raise OutcomeUnknown(
            f"the connection to the database was lost during the commit ({error}): what was asked "
            "for may be done or not; look before you ask again"
        ) from error


def _ignore(_: object) -> None:
    """Do nothing."""


def new_id(done: sa.CursorResult[Any]) -> int:
    """Return the key that an INSERT of one row was given."""
    key = done.inserted_primary_key
    if key is None:
        raise TypeError("not an INSERT of one row")
    return int(key[0])
