"""The kinds of databases: their engines, and the file of an SQLite database."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.common.missing import describe_packages


def create_engine(url: str, connections: int, wait_seconds: float) -> sa.Engine:
    """Return an engine with a pool of so many connections; it does not connect yet.

    :raises DatabaseUnavailable: the URL's driver is not installed
    """
    parsed = sa.make_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _create_sqlite_engine(parsed, connections, wait_seconds)
        engine = sa.create_engine(
            parsed,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=wait_seconds,
        )
    except (ImportError, NoSuchModuleError) as error:
        reason = " ".join(str(error).split())
        raise DatabaseUnavailable(
            f"the driver for {parsed.drivername}:// is not installed ({reason}); install it beside "
            "cloudnet, or name another in [database] connection: postgresql+psycopg:// needs "
            f"psycopg ({describe_packages('psycopg')}), "
            f"mysql+pymysql:// needs PyMySQL ({describe_packages('pymysql')})"
        ) from error
    sa.event.listen(engine, "connect", _LockTimeout(engine.dialect.name, wait_seconds))
    return engine


class _LockTimeout:
    """Limits how long a statement waits for a lock: PostgreSQL would wait for ever."""

    def __init__(self, kind: str, seconds: float) -> None:
        self._statement = {
            "postgresql": f"SET lock_timeout = {math.ceil(seconds * 1000)}",
            "mysql": f"SET innodb_lock_wait_timeout = {math.ceil(seconds)}",
            "mariadb": f"SET innodb_lock_wait_timeout = {math.ceil(seconds)}",
        }.get(kind)

    def __call__(self, connection: Any, record: ConnectionPoolEntry) -> None:  # Any: the driver's
        del record
        if self._statement is not None:
            cursor = connection.cursor()
            cursor.execute(self._statement)
            cursor.close()
            connection.commit()


def _create_sqlite_engine(url: sa.URL, connections: int, wait_seconds: float) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=wait_seconds,
        connect_args={"timeout": wait_seconds, "check_same_thread": False},
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


def get_sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, or None if it is in memory or on a server."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))


def get_missing_file(url: str) -> Path | None:
    """Return the file of an SQLite database that does not exist yet, or None.

    :raises DatabaseUnavailable: its directory cannot be searched
    """
    file = get_sqlite_file(url)
    try:
        return None if file is None or file.exists() else file
    except OSError as error:
        raise DatabaseUnavailable(
            f"{error.filename}: {error.strerror}; see [database] connection or state_path"
        ) from error
