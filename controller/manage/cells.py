"""Values in a form that every output format can print: text, numbers, booleans and null."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from cloudnet.common.escape import escape_controls

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None  # Any: nested JSON


def get_cell(row: object, column: str) -> Cell:
    """Return a column of a row, which is a mapping or has attributes named as the columns."""
    return to_cell(row[column] if isinstance(row, Mapping) else getattr(row, column))


def to_cell(value: object) -> Cell:
    """Return the value as JSON can carry it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return to_cell(value.value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list | tuple):
        return [to_cell(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_cell(item) for key, item in value.items()}
    return str(value)  # addresses, networks


def format_cell(cell: Cell, formatter: str) -> Cell:
    """Return the cell as a formatter should print it; JSON and YAML take it as it is.

    They escape control characters themselves; in all other formats these are escaped here.
    ``shell`` and ``value`` print Python's ``True``, ``False`` and ``None``, as OpenStack's commands
    do, and nested values as JSON.
    """
    if formatter in {"json", "yaml"}:
        return cell
    if formatter in {"shell", "value"}:
        text = json.dumps(cell) if isinstance(cell, list | dict) else escape_controls(str(cell))
        return _escape_for_shell(text) if formatter == "shell" else text
    if isinstance(cell, str):
        return escape_controls(cell)
    return _format_for_table(cell) if formatter == "table" else cell


def _format_for_table(cell: Cell) -> Cell:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, list):
        return "\n".join(_format_item(item) for item in cell)
    return _format_item(cell) if isinstance(cell, dict) else cell


def _escape_for_shell(text: str) -> str:
    """Return the text with a backslash before what a shell would expand between double quotes.

    The formatter does that for the quotes only: a label ``$(reboot)`` must not run.
    """
    return re.sub(r"[\\$`]", r"\\\g<0>", text)


def _format_item(item: object) -> str:
    if isinstance(item, dict):
        item = ", ".join(
            f"{key}: {'none' if value is None else value}" for key, value in item.items()
        )
    return escape_controls(str(item))
