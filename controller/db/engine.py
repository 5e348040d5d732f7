"""The database: one engine, reading and writing transactions, and losing a race gracefully.

A writing transaction is a function of a connection. When it loses against another one (a unique
key taken first, a deadlock, a serialisation failure) all of it is rolled back and run again, so it
must not act on anything but the database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random

from cloudnet.common.errors import DatabaseUnavailable

LOG = logging.getLogger(__name__)

ATTEMPTS = 12
LOST_RACES = {"40001", "40P01", "1205", "1213", "1020"}  # PostgreSQL's states, MariaDB's numbers
BUSY_SECONDS = 30

T = TypeVar("T")
Connection = sa.Connection


class Database:
    """Where everything is remembered; with ``rehearse``, done and checked but not remembered.

    :raises DatabaseUnavailable: the URL's driver is not installed; nothing is connected to yet
    """

    def __init__(self, url: str, connections: int = 20, *, rehearse: bool = False) -> None:
        self._rehearse = rehearse
        self._engine = _engine(sa.make_url(url), connections)
        self._sqlite = self._engine.dialect.name == "sqlite"
        # SQLite has one writer at a time and makes the others poll; in one process they queue.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self._sqlite else nullcontext()
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything and changes nothing."""
        with _translated(), self._begun("DEFERRED") as connection:
            yield connection

    @contextmanager
    def changing_tables(self) -> Iterator[Connection]:
        """A transaction for the schema's own changes."""
        with _translated(), self._turn, self._begun("IMMEDIATE") as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction, again if it lost a race, and commit it.

        :raises DatabaseUnavailable: there is no database, or it has no tables
        """
        with _translated():
            try:
                return self._write_once(work)
            except DBAPIError as error:  # the first try is cheap: no retry machinery around it
                if not lost_a_race(error):
                    raise
                result: T = _again()(self._write_once, work)
                return result

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        with self._turn, self._begun("IMMEDIATE") as connection:
            result = work(connection)
            if self._rehearse:
                connection.rollback()
            return result

    @contextmanager
    def _begun(self, mode: str) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            if self._sqlite:
                # A reader that turns writer half-way is refused at once when another wrote in
                # between, so a writing transaction takes the lock at its start. Said by hand: an
                # event listener for it would make every statement slower.
                connection.exec_driver_sql(f"BEGIN {mode}")
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def lost_a_race(error: BaseException) -> bool:
    """Say whether running the same transaction again may succeed."""
    if isinstance(error, IntegrityError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    text = str(error.orig)
    code = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "args", [""])[0])
    return code in LOST_RACES or "database is locked" in text


def violates(error: IntegrityError, table: str, column: str) -> bool:
    """Say whether the error is about a unique key that begins with this column.

    SQLite names the column, PostgreSQL and MariaDB name the constraint.
    """
    text = str(error.orig)
    return f"{table}.{column}" in text or f"uq_{table}_{column}" in text


def new_id(done: sa.CursorResult[Any]) -> int:
    """Return the key that an INSERT of one row was given."""
    key = done.inserted_primary_key
    if key is None:
        raise TypeError("not an INSERT of one row")
    return int(key[0])


def _again() -> Retrying:
    return Retrying(
        retry=retry_if_exception(lost_a_race),
        stop=stop_after_attempt(ATTEMPTS - 1),
        wait=wait_random(0.001, 0.05),
        before_sleep=_say,
        reraise=True,
    )


def _say(state: RetryCallState) -> None:
    if state.outcome is not None:
        LOG.debug("lost a race, try %d: %s", state.attempt_number + 1, state.outcome.exception())


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what only an operator can mend into one line for the operator."""
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, ProgrammingError) as error:
        text = " ".join(str(error.orig).split())
        if any(word in text for word in ("no such table", "does not exist", "doesn't exist")):
            raise DatabaseUnavailable(
                f"the database has not the tables of this version ({text}); "
                "run `cloudnet-manage db sync`"
            ) from error
        raise DatabaseUnavailable(_why_unavailable(text)) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise  # values or statements of ours that it refuses: a bug
        raise DatabaseUnavailable(
            f"the database cannot be used: {error.orig}; see [database] connection"
        ) from error


def _why_unavailable(said: str) -> str:
    if "unable to open database file" in said:
        return (
            f"there is no database file, or it cannot be read ({said}); make it by "
            "`cloudnet-manage db sync`, as root"
        )
    if "readonly database" in said:
        return f"this user may not write the database ({said}); run it as root"
    return f"the database does not answer: {said}"


def _engine(url: sa.URL, connections: int) -> sa.Engine:
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(url, connections)
        return sa.create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=connections,
            max_overflow=0,
        )
    except (ImportError, NoSuchModuleError) as error:
        reason = " ".join(str(error).split())
        raise DatabaseUnavailable(
            f"the driver for {url.drivername}:// is not installed ({reason}); install it beside "
            "cloudnet, or name another in [database] connection: postgresql+psycopg:// needs "
            "`pip install 'psycopg[binary]'`, mysql+pymysql:// needs `pip install PyMySQL`"
        ) from error


def _sqlite_engine(url: sa.URL, connections: int) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:  # Any: the driver's
    del record
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # what was answered survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
