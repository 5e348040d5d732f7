"""Words for a difference that Alembic finds between the tables and those of this release."""

from __future__ import annotations

from typing import Any

_KINDS = {"fk": "foreign key"}


def describe_difference(found: Any) -> str:  # Any: one of Alembic's tuples, or a list of them
    """Return a line such as ``table dns_entries is missing``."""
    if isinstance(found, list):
        return "; ".join(describe_difference(each) for each in found)
    action, _, kind = found[0].partition("_")
    if action == "modify":
        _, _, table, column, _, actual, needed = found
        return f"column {table}.{column}: {kind} is {actual!s}, and {needed!s} is needed"
    state = "is missing" if action == "add" else "is not cloudnet's"
    if kind == "column":
        return f"column {found[2]}.{found[3].name} {state}"
    element = found[1]
    table = getattr(element, "table", None)
    place = "" if table is None else f" of table {table.name}"
    return f"{_KINDS.get(kind, kind)} {element.name or ''}{place} {state}".replace("  ", " ")
