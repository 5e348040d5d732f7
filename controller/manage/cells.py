"""Values as every output format can carry them: text, numbers, truth, nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None  # Any: what JSON can nest


def plain(value: object) -> Cell:
    """Return the value as JSON would have it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value)  # addresses, networks


def cell(thing: object, column: str) -> Cell:
    """Return one column of a row, whether it is a mapping or has attributes."""
    return plain(thing[column] if isinstance(thing, Mapping) else getattr(thing, column))


def as_shown(value: Cell, formatter: str) -> Cell:
    """Return the cell as the formatter should show it: tables are for people, values for awk."""
    if formatter == "value" and value is None:
        return "-"  # or the columns behind it would move up
    if formatter != "table":
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(_line(item) for item in value)
    return value


def _line(item: object) -> str:
    if isinstance(item, dict):
        return ", ".join(f"{key}: {value}" for key, value in item.items())
    return str(item)
