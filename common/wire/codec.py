"""Values to plain dicts and back: what JSON on the queue can carry, and nothing more.

Every dict names its type and version. A newer sender may add fields (they are ignored) and a newer
receiver may know fields with defaults (they are filled in); anything else is refused by name, so
that nobody works with half a message.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire import objects

VERSION = "1.0"

T = TypeVar("T")
JsonObject = dict[str, Any]  # Any: JSON


def to_wire(value: Any) -> JsonObject:  # Any: one of the frozen dataclasses in objects.py
    """Return the plain dict for a value of :mod:`cloudnet.common.wire.objects`."""
    kind = type(value)
    plain: JsonObject = {"type": kind.__name__, "version": VERSION}
    for name in _names(kind):  # type: ignore[arg-type]  # a class is hashable
        plain[name] = _plain(getattr(value, name))
    return plain


def from_wire(kind: type[T], plain: object) -> T:
    """Return the value that the dict describes; it must be of ``kind`` (a class or a union)."""
    return cast("T", _value(kind, plain, "message"))


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, IPv4Address | IPv4Network):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return to_wire(value)


def _value(kind: Any, plain: Any, where: str) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return _one_of(get_args(kind), plain, where)
    if get_origin(kind) is tuple:
        if not isinstance(plain, list | tuple):
            raise BadRequest(f"{where}: a list is needed, not {plain!r}")
        item = get_args(kind)[0]
        return tuple(_value(item, entry, f"{where}[{n}]") for n, entry in enumerate(plain))
    if is_dataclass(kind):
        return _object(kind, plain, where)
    if kind in (str, int, bool):
        if type(plain) is not kind:
            raise BadRequest(f"{where}: {kind.__name__} is needed, not {plain!r}")
        return plain
    if not isinstance(plain, str):  # a number would pass for an address
        raise BadRequest(f"{where}: {kind.__name__} as text is needed, not {plain!r}")
    try:
        return kind(plain)
    except ValueError as error:
        raise BadRequest(f"{where}: {error}") from error


def _one_of(kinds: tuple[Any, ...], plain: Any, where: str) -> Any:
    if plain is None and types.NoneType in kinds:
        return None
    some = [kind for kind in kinds if kind is not types.NoneType]
    if len(some) == 1:
        return _value(some[0], plain, where)
    name = plain.get("type") if isinstance(plain, Mapping) else None
    for kind in some:
        if kind.__name__ == name:
            return _value(kind, plain, where)
    raise BadRequest(f"{where}: one of {[k.__name__ for k in some]} is needed, not {name!r}")


def _object(kind: Any, plain: Any, where: str) -> Any:
    if not isinstance(plain, Mapping) or plain.get("type") != kind.__name__:
        raise BadRequest(f"{where}: a {kind.__name__} is needed, not {plain!r}")
    if str(plain.get("version")).partition(".")[0] != VERSION.partition(".")[0]:
        raise BadRequest(
            f"{where}: version {plain.get('version')!r} of {kind.__name__} is not understood, "
            f"this side speaks {VERSION}; upgrade the older side"
        )
    values = {}
    for field, hint in _fields(kind):
        if field.name in plain:
            values[field.name] = _value(hint, plain[field.name], f"{where}.{field.name}")
        elif field.default is MISSING:
            raise BadRequest(f"{where}: {kind.__name__} lacks {field.name!r}")
    return kind(**values)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _fields(kind: Any) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(kind, vars(objects))
    return tuple((field, hints[field.name]) for field in fields(kind))
