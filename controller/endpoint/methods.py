"""The registry of RPC methods: each says since which version it exists, who is sent it and why.

``rpc_method`` marks a method of an endpoint. The table of docs/developers/rpc.md is generated from
the marks, so that it is complete.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from cloudnet.common import rpc
from cloudnet.common.errors import CloudnetError
from cloudnet.common.rpc import messaging

Context = Mapping[str, Any]  # Any: JSON
Method = TypeVar("Method", bound=Callable[..., Any])  # Any: JSON in and out

NETWORK_TARGET = messaging.Target(version=rpc.NETWORK_VERSION)
CONTROLLER_TARGET = messaging.Target(version=rpc.CONTROLLER_VERSION)

_MARK = "__rpc_method__"


class Route(Enum):
    """Where nova's client sends a method; every method is served on every route."""

    SHARED = "`network`"
    HOST = "`network.<host>`"
    SHARED_OR_HOST = "`network`; `network.<host>` if nova's `multi_host` is set"
    FANOUT = "fanout"
    NONE = "not sent by nova's client"


@dataclass(frozen=True)
class RpcMethod:
    """A method as its callers see it."""

    name: str
    since: str  # the version of nova's API that brought it
    route: Route
    is_cast: bool
    is_own: bool  # nova-network does not have it
    arguments: tuple[str, ...]
    errors: tuple[str, ...]  # besides those that every method can end with
    summary: str


@dataclass(frozen=True)
class _Mark:
    since: str
    route: Route
    is_cast: bool
    is_own: bool
    arguments: tuple[str, ...] | None  # None: those of the signature
    errors: tuple[type[CloudnetError], ...]


def rpc_method(
    since: str = "1.0",
    *errors: type[CloudnetError],
    route: Route = Route.SHARED,
    is_cast: bool = False,
    is_own: bool = False,
    arguments: tuple[str, ...] | None = None,
) -> Callable[[Method], Method]:
    """Mark a method that can be called.

    :param since: the version of nova's API that brought it
    :param errors: what it raises besides BadRequest, InvalidInput, Forbidden and what concerns the
        service itself
    :param is_own: only cloudnet has it
    :param arguments: their names, if the signature does not say them
    """
    mark = _Mark(since, route, is_cast, is_own, arguments, errors)

    def add_mark(method: Method) -> Method:
        setattr(method, _MARK, mark)
        return method

    return add_mark


def list_methods(endpoints: Iterable[type]) -> list[RpcMethod]:
    """Return the methods of endpoints by name."""
    found = [
        _describe(name, getattr(member, _MARK), member)
        for endpoint in endpoints
        for name, member in inspect.getmembers(endpoint)
        if hasattr(member, _MARK)
    ]
    return sorted(found, key=lambda method: method.name)


def _describe(name: str, mark: _Mark, method: Callable[..., Any]) -> RpcMethod:
    return RpcMethod(
        name,
        mark.since,
        mark.route,
        mark.is_cast,
        mark.is_own,
        _list_arguments(method) if mark.arguments is None else mark.arguments,
        tuple(error.__name__ for error in mark.errors),
        (inspect.getdoc(method) or "").split("\n")[0],
    )


def _list_arguments(method: Callable[..., Any]) -> tuple[str, ...]:
    parameters = list(inspect.signature(method).parameters.values())[2:]  # not self and context
    return tuple(each.name for each in parameters if each.kind is not each.VAR_KEYWORD)
