"""Errors of the drivers become cloudnet's: what may be repeated, what an operator must do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.errors import TransactionAborted, translate


@dataclass(frozen=True)
class Context:
    """The part of SQLAlchemy's ExceptionContext that is read."""

    sqlalchemy_exception: DBAPIError
    is_disconnect: bool = False
    statement: str | None = None
    execution_context: None = None
    connection: object | None = "connected"

    @property
    def original_exception(self) -> BaseException:
        original = self.sqlalchemy_exception.orig
        assert original is not None
        return original


class PostgresError(Exception):
    """An error as psycopg raises it."""

    def __init__(self, message: str, sqlstate: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class MariaDBError(Exception):
    """An error as PyMySQL raises it since version 1.2."""

    def __init__(self, number: int, message: str, sqlstate: str) -> None:
        super().__init__(number, message)
        self.sqlstate = sqlstate


def wrap(kind: type[DBAPIError], error: Exception, *, is_disconnect: bool = False) -> Context:
    return Context(kind(None, None, error), is_disconnect)


ABORTED = [
    wrap(OperationalError, Exception("database is locked")),
    wrap(OperationalError, PostgresError("deadlock detected", "40P01")),
    wrap(OperationalError, PostgresError("could not serialize access", "40001")),
    wrap(OperationalError, Exception(1213, "Deadlock found when trying to get lock")),
    wrap(OperationalError, Exception(1205, "Lock wait timeout exceeded")),
    wrap(OperationalError, MariaDBError(1205, "Lock wait timeout exceeded", "HY000")),
    wrap(OperationalError, Exception("server closed the connection"), is_disconnect=True),
]

UNAVAILABLE = [
    (wrap(OperationalError, Exception("no such table: networks")), "cloudnet-manage db sync"),
    (
        wrap(ProgrammingError, PostgresError('relation "networks" does not exist', "42P01")),
        "cloudnet-manage db sync",
    ),
    (
        wrap(ProgrammingError, Exception(1146, "Table 'nova.networks' doesn't exist")),
        "cloudnet-manage db sync",
    ),
    (
        wrap(ProgrammingError, PostgresError("permission denied for table networks", "42501")),
        "refuses a statement: permission denied for table networks",
    ),
    (wrap(OperationalError, Exception("unable to open database file")), "as root"),
    (wrap(OperationalError, Exception("attempt to write a readonly database")), "run it as root"),
    (wrap(OperationalError, Exception("connection\n\trefused")), "answer: connection refused"),
    (wrap(DatabaseError, Exception("file is not a database")), "see .database. connection"),
]


@pytest.mark.parametrize("context", ABORTED)
def test_what_the_database_aborted_may_be_repeated(context: Context) -> None:
    assert isinstance(translate(context), TransactionAborted)


@pytest.mark.parametrize(("context", "remedy"), UNAVAILABLE)
def test_the_remedy_is_named_in_one_line(context: Context, remedy: str) -> None:
    error = translate(context)

    assert type(error) is DatabaseUnavailable
    with pytest.raises(DatabaseUnavailable, match=remedy):
        raise error
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    "context",
    [
        wrap(IntegrityError, Exception("UNIQUE constraint failed: networks.uuid")),
        wrap(OperationalError, Exception(4025, "CONSTRAINT `ck_networks_vlan` failed")),
        wrap(OperationalError, MariaDBError(4025, "CONSTRAINT `ck_networks_vlan` failed", "23000")),
    ],
)
def test_a_violated_constraint_is_a_conflict(context: Context) -> None:
    error = translate(context)

    assert isinstance(error, Conflict)
    assert error.table == "networks"


def test_a_value_that_the_database_refuses_is_a_bug_and_passes() -> None:
    assert translate(wrap(DataError, Exception("value too long"))) is None
