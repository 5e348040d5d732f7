"""What the checks read, and what they return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]  # by column; Any: as the columns are
Tables = Mapping[str, Sequence[Row]]  # by table

KEYS: Mapping[str, tuple[str, ...]] = {
    "networks": ("id",),
    "instances": ("uuid",),
    "virtual_interfaces": ("id",),
    "fixed_ips": ("id",),
    "floating_ips": ("id",),
    "prepared_networks": ("host", "network_id", "instance_uuid"),
    "free_ips": ("network_id", "position"),
    "address_pools": ("network_id",),
    "dns_domains": ("domain",),
    "dns_entries": ("id",),
    "dns_changes": ("id",),
    "services": ("id",),
    "quotas": ("id",),
    "host_networks": ("host", "network_uuid"),
    "host_changes": ("id",),
    "host_agents": ("host",),
    "host_ranges": ("id",),
    "recovered_guests": ("host", "address"),
    "revisions": ("name",),
    "cloud": ("id",),
}
"""The tables that are checked, with the columns that name a row of each.

The others have text, records of the past, or rows that each report replaces.
"""


@dataclass(frozen=True)
class Finding:
    """One contradiction, in the words that an operator can act on."""

    table: str
    row: str  # the values of its key
    column: str
    problem: str
    remedy: str


def find(table: str, row: Row, column: str, problem: str, remedy: str) -> Finding:
    """Return a finding about a column of a row."""
    return Finding(table, name_row(table, row), column, problem, remedy)


def name_row(table: str, row: Row) -> str:
    """Return the values of a row's key."""
    return "/".join(str(row[column]) for column in KEYS[table])


def set_columns(table: str, row: Row, **values: object) -> str:
    """Return the statement that corrects columns, for an operator to read."""
    assignments = ", ".join(f"{column} = {_quote(value)}" for column, value in values.items())
    return f"UPDATE {table} SET {assignments} WHERE {_where(table, row)}"  # noqa: S608 - a text


def delete(table: str, row: Row) -> str:
    """Return the statement that deletes a row, for an operator to read."""
    return f"DELETE FROM {table} WHERE {_where(table, row)}"  # noqa: S608 - a text


def _where(table: str, row: Row) -> str:
    return " AND ".join(f"{key} = {_quote(row[key])}" for key in KEYS[table])


def _quote(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
