"""The request that a thread works on: who makes it, and what it is. Standard library only.

It is set where a call or a command begins, and read where a log line, an event of an address or a
row of the operation log is written.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

RPC, MANAGE = "rpc", "cloudnet-manage"  # sources

LONGEST_ARGUMENT, LONGEST_ARGUMENTS = 200, 2000  # characters
LONGEST_ID, LONGEST_NAME = 64, 255  # characters: the columns of the operation log


@dataclass(frozen=True)
class Request:
    """A call or a command, and who makes it."""

    source: str
    operation: str  # the RPC method or the command
    arguments: str  # JSON
    request_id: str | None = None
    user: str | None = None
    project: str | None = None

    @property
    def caller(self) -> str:
        """The user and the project, as log lines have them."""
        return f"{self.user or '-'} {self.project or '-'}"


@dataclass
class _Serving:
    request: Request
    is_recorded: bool = False  # a transaction of it has been committed with its row


_serving: ContextVar[_Serving | None] = ContextVar("serving", default=None)


def get_request() -> Request | None:
    """Return the request that this thread works on, or None if it works on none."""
    serving = _serving.get()
    return None if serving is None else serving.request


def get_unrecorded_request() -> Request | None:
    """Return the request if no row of the operation log is committed for it yet."""
    serving = _serving.get()
    return None if serving is None or serving.is_recorded else serving.request


def mark_recorded() -> None:
    """Remember that the request's row of the operation log is committed."""
    serving = _serving.get()
    if serving is not None:
        serving.is_recorded = True


@contextmanager
def serving(request: Request) -> Iterator[None]:
    """Work on a request until the block ends."""
    token = _serving.set(_Serving(request))
    try:
        yield
    finally:
        _serving.reset(token)


def describe_call(
    method: str, arguments: object, context: Mapping[str, Any]
) -> Request:  # Any: JSON
    """Return the request that an RPC message makes; nothing in it is checked yet."""
    named = arguments if isinstance(arguments, Mapping) else {}
    return Request(
        RPC,
        method[:LONGEST_ID],
        format_arguments(named),
        _to_text(context.get("request_id"), LONGEST_ID),
        _to_text(context.get("user_id") or context.get("user"), LONGEST_NAME),
        _to_text(context.get("project_id") or context.get("tenant"), LONGEST_NAME),
    )


def format_arguments(arguments: Mapping[str, Any]) -> str:  # Any: JSON
    """Return arguments as JSON of a bounded length, without those that are not given."""
    given = {str(name): _shorten(value) for name, value in arguments.items() if value is not None}
    text = json.dumps(given, default=str, sort_keys=True)
    return text if len(text) <= LONGEST_ARGUMENTS else json.dumps({"names": sorted(given)[:50]})


def get_user_name() -> str:
    """Return the name of the user who runs this program, also if it is run with sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without an entry in the list of users
        return str(os.getuid())


def _shorten(value: Any) -> Any:  # Any: JSON
    if isinstance(value, Mapping) and "nova_object.data" in value:
        data = value["nova_object.data"]
        value = data.get("uuid", data.get("id")) if isinstance(data, Mapping) else None
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST_ARGUMENT else f"{text[: LONGEST_ARGUMENT - 1]}…"


def _to_text(value: object, longest: int) -> str | None:
    return value[:longest] if isinstance(value, str) and value else None
