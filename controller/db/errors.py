"""Database errors as cloudnet's own: only this package knows SQLAlchemy's and the drivers' errors.

The engine calls :func:`translate` for every error that a connection attempt, a statement or a
commit ends with. Errors that are bugs of ours (values or statements that the database refuses)
pass as they are.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db.conflicts import Conflict, parse_conflict

# PostgreSQL's SQLSTATEs and MariaDB's numbers
ABORTED = {"40001", "40P01", "1213", "1020"}  # deadlocks and serialization failures
LOCK_TIMEOUTS = {"55P03", "1205"}
# MariaDB and MySQL report a violated CHECK, and a column without a value, as operational errors.
VIOLATED = {"4025", "3819", "1364"}

DOES_NOT_ANSWER = "the database does not answer"

# As the servers say it: no SQLSTATE comes with an error of the connection.
_NO_DATABASE = re.compile(r'database "[^"]*" does not exist|Unknown database')
_REFUSED = re.compile(
    r"authentication failed|no pg_hba.conf entry|role \"[^\"]*\" does not exist|Access denied"
)
REMEDIES = (  # the first that fits: words of the error, the cause, and the remedy
    (
        _NO_DATABASE,
        "the server has no database of this name",
        "create it there, and then its tables with `cloudnet-manage db sync`",
    ),
    (
        _REFUSED,
        "the database server refuses this user",
        "correct the user and password in [database] connection, or the server's permissions",
    ),
    (
        re.compile("permission denied for schema"),
        "this user may not create tables here",
        "make it the owner of the database (`ALTER DATABASE … OWNER TO …`)",
    ),
    (
        re.compile("no such table|does not exist|doesn't exist"),
        "the database lacks the tables of this version",
        "run `cloudnet-manage db sync`",
    ),
    (
        re.compile("unable to open database file"),
        "the database file is missing or unreadable",
        "create it with `cloudnet-manage db sync`, as root",
    ),
    (
        re.compile("readonly database"),
        "this user may not write to the database",
        "run it as root",
    ),
)


class TransactionAborted(DatabaseUnavailable):
    """The database ended the transaction: a deadlock, a lost connection, a lock held too long."""


class ConnectionLost(TransactionAborted):
    """The connection was lost; whatever was not committed is rolled back."""


class CannotConnect(DatabaseUnavailable):
    """The server does not answer, or takes no connections at the moment."""


class OutcomeUnknown(DatabaseUnavailable):
    """The connection was lost during a commit, which may have been done or not."""


REPEATABLE = (Conflict, TransactionAborted)  # the same transaction may succeed if it runs again


def translate(context: ExceptionContext) -> BaseException | None:
    """Return cloudnet's error for a driver's error, or None to let it pass."""
    if _is_expected(context):
        return None
    error, original = context.sqlalchemy_exception, context.original_exception
    if isinstance(error, IntegrityError) or _code(original) in VIOLATED:
        return parse_conflict(original, context.statement)
    text = " ".join(str(original).split())
    return _translate_abort(context, text) or _translate_refusal(error, text)


def _translate_abort(context: ExceptionContext, text: str) -> DatabaseUnavailable | None:
    """Return the error of what may succeed if it is tried again, or None."""
    code = _code(context.original_exception)
    if context.is_disconnect:
        return ConnectionLost(_explain(text))
    if code in LOCK_TIMEOUTS or "database is locked" in text:
        return TransactionAborted(f"another transaction holds a lock for too long: {text}")
    if code in ABORTED:
        return TransactionAborted(f"the database has ended the transaction: {text}")
    is_connecting = context.connection is None
    if is_connecting and isinstance(context.sqlalchemy_exception, OperationalError):
        is_final = _NO_DATABASE.search(text) or _REFUSED.search(text)
        return None if is_final else CannotConnect(_explain(text))
    return None


def _translate_refusal(error: object, text: str) -> DatabaseUnavailable | None:
    """Return the error of what an operator must change, or None."""
    if isinstance(error, OperationalError | ProgrammingError):
        # a ProgrammingError: a table or a permission is missing
        answers = isinstance(error, ProgrammingError)
        otherwise = "the database refuses a statement" if answers else DOES_NOT_ANSWER
        return DatabaseUnavailable(_explain(text, otherwise))
    if type(error) is DatabaseError:
        return DatabaseUnavailable(
            f"the database cannot be used: {text}; see [database] connection"
        )
    return None


def _is_expected(context: ExceptionContext) -> bool:
    """Return whether SQLAlchemy handles the error: MariaDB refuses to describe a missing table."""
    running = context.execution_context
    return running is not None and bool(running.execution_options.get("skip_user_error_events"))


def _code(error: Any) -> str:  # Any: the driver's error
    """Return PostgreSQL's SQLSTATE or MariaDB's error number, which says more than its SQLSTATE."""
    first = error.args[0] if error.args else ""
    return str(first if isinstance(first, int) else getattr(error, "sqlstate", None) or first)


def _explain(text: str, otherwise: str = DOES_NOT_ANSWER) -> str:
    """Return one line with the cause and, where it is known, the remedy."""
    for pattern, cause, remedy in REMEDIES:
        if pattern.search(text):
            return f"{cause} ({text}); {remedy}"
    return f"{otherwise}: {text}"
