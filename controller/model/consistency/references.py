"""Rows that refer to rows that are gone: SQLite's own shell does not enforce foreign keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloudnet.controller.model.consistency.finding import Finding, Tables, delete, find, set_columns

REFERENCES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("virtual_interfaces", "network_id"): ("networks", "id"),
    ("virtual_interfaces", "instance_uuid"): ("instances", "uuid"),
    ("fixed_ips", "network_id"): ("networks", "id"),
    ("fixed_ips", "virtual_interface_id"): ("virtual_interfaces", "id"),
    ("fixed_ips", "instance_uuid"): ("instances", "uuid"),
    ("floating_ips", "fixed_ip_id"): ("fixed_ips", "id"),
    ("host_networks", "network_id"): ("networks", "id"),
    ("dns_entries", "domain"): ("dns_domains", "domain"),
    ("free_ips", "network_id"): ("networks", "id"),
    ("address_pools", "network_id"): ("networks", "id"),
    ("prepared_networks", "network_id"): ("networks", "id"),
}
_NULLABLE = {"virtual_interface_id", "fixed_ip_id"}


def check_references(raw: Tables) -> Iterator[Finding]:
    """Return the references to rows that do not exist."""
    for (table, column), (target, key) in REFERENCES.items():
        existing = {row[key] for row in raw[target]}
        for row in raw[table]:
            if row[column] is not None and row[column] not in existing:
                problem = f"there is no row {row[column]} in {target}"
                remedy = (
                    set_columns(table, row, **{column: None})
                    if column in _NULLABLE or table == "host_networks"
                    else delete(table, row)
                )
                yield find(table, row, column, problem, remedy)
