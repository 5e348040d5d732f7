"""Convert the messages to JSON objects and back.

Each object names its type and version. A newer sender may add fields, which are ignored, and a
newer receiver may have more fields with defaults, which are filled in. Anything else is refused by
the name of its field, so that no side works with an incomplete message.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from reprlib import Repr
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire import objects

VERSION = "1.0"

T = TypeVar("T")
JsonObject = dict[str, Any]  # Any: JSON


def to_wire(value: Any) -> JsonObject:  # Any: one of the frozen dataclasses in objects.py
    """Return the JSON object for a message of :mod:`cloudnet.common.wire.objects`."""
    class_ = type(value)
    encoded: JsonObject = {"type": class_.__name__, "version": VERSION}
    for name in _list_names(class_):  # type: ignore[arg-type]  # a class is hashable
        encoded[name] = _encode(getattr(value, name))
    return encoded


def from_wire(type_: type[T], encoded: object) -> T:
    """Return the message in the JSON object.

    :param type_: the dataclass that it must be, or a union of them
    :raises BadRequest: it is not; names the field
    """
    try:
        return cast("T", _decode(type_, encoded, "message"))
    except RecursionError as error:
        raise BadRequest("message: nested too deeply") from error


def _encode(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, IPv4Address | IPv4Network):
        return str(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return to_wire(value)


def _decode(type_: Any, encoded: Any, where: str) -> Any:
    if get_origin(type_) in (Union, types.UnionType):
        return _decode_union(get_args(type_), encoded, where)
    if get_origin(type_) is tuple:
        if not isinstance(encoded, list | tuple):
            raise BadRequest(f"{where}: a list is needed, not {_show(encoded)}")
        item = get_args(type_)[0]
        return tuple(_decode(item, entry, f"{where}[{n}]") for n, entry in enumerate(encoded))
    if is_dataclass(type_):
        return _decode_dataclass(type_, encoded, where)
    if type_ in (str, int, bool):
        if type(encoded) is not type_:
            raise BadRequest(f"{where}: {type_.__name__} is needed, not {_show(encoded)}")
        return encoded
    if not isinstance(encoded, str):  # IPv4Address accepts a number, too
        raise BadRequest(f"{where}: {type_.__name__} as text is needed, not {_show(encoded)}")
    try:
        return type_(encoded)
    except ValueError as error:
        raise BadRequest(f"{where}: {error!s:.200}") from error


def _decode_union(members: tuple[Any, ...], encoded: Any, where: str) -> Any:
    if encoded is None and types.NoneType in members:
        return None
    classes = [member for member in members if member is not types.NoneType]
    if len(classes) == 1:
        return _decode(classes[0], encoded, where)
    name = encoded.get("type") if isinstance(encoded, Mapping) else None
    for class_ in classes:
        if class_.__name__ == name:
            return _decode(class_, encoded, where)
    raise BadRequest(
        f"{where}: one of {[c.__name__ for c in classes]} is needed, not {_show(name)}"
    )


def _decode_dataclass(class_: Any, encoded: Any, where: str) -> Any:
    if not isinstance(encoded, Mapping) or encoded.get("type") != class_.__name__:
        raise BadRequest(f"{where}: a {class_.__name__} is needed, not {_show(encoded)}")
    version = encoded.get("version")
    if not isinstance(version, str) or version.partition(".")[0] != VERSION.partition(".")[0]:
        raise BadRequest(
            f"{where}: version {_show(version)} of {class_.__name__} is not supported here, only "
            f"{VERSION}; upgrade the older side"
        )
    values = {}
    for field, hint in _list_fields(class_):
        if field.name in encoded:
            values[field.name] = _decode(hint, encoded[field.name], f"{where}.{field.name}")
        elif field.default is MISSING:
            raise BadRequest(f"{where}: {class_.__name__} lacks {field.name!r}")
    return class_(**values)


def _show(value: object) -> str:
    """Return a value for an error, however long or deep it is."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # a number of more digits than Python prints
        return f"a long {type(value).__name__}"


_SHORT = Repr()
_SHORT.maxlevel = 3
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 100


@cache
def _list_names(class_: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(class_))


@cache
def _list_fields(class_: Any) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(class_, vars(objects))
    return tuple((field, hints[field.name]) for field in fields(class_))
