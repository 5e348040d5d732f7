"""Conflicts: table and columns, read from what each database's driver says."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cloudnet.controller.db.conflicts import parse_conflict

ADD_VIF = "INSERT INTO virtual_interfaces (address) VALUES (?)"
ADD_HOST_NETWORK = "INSERT INTO host_networks (host, network_uuid) VALUES (%s, %s)"
VIF_MAC = ("virtual_interfaces", ("address",))
VIF_NETWORK = ("virtual_interfaces", ("network_id",))
HOST_NETWORK = ("host_networks", ("host", "network_uuid"))
POSITION = ("fixed_ips", ("network_id", "position"))
VLAN_CHECK = ("networks", ())


@dataclass(frozen=True)
class Diagnostic:
    """The fields of psycopg's that are read."""

    table_name: str | None
    constraint_name: str | None = None
    column_name: str | None = None


class PostgresError(Exception):
    """An error as psycopg raises it; its message is in the server's language."""

    def __init__(self, message: str, diag: Diagnostic) -> None:
        super().__init__(message)
        self.diag = diag


SQLITE = [
    ("UNIQUE constraint failed: virtual_interfaces.address", ADD_VIF, VIF_MAC),
    ("UNIQUE constraint failed: fixed_ips.network_id, fixed_ips.position", None, POSITION),
    (
        "UNIQUE constraint failed: host_networks.host, host_networks.network_uuid",
        None,
        HOST_NETWORK,
    ),
    ("NOT NULL constraint failed: networks.label", None, ("networks", ("label",))),
    ("CHECK constraint failed: ck_networks_vlan", None, VLAN_CHECK),
    ("FOREIGN KEY constraint failed", ADD_VIF, ("virtual_interfaces", ())),
    ("FOREIGN KEY constraint failed", None, (None, ())),
    ("FOREIGN KEY constraint failed", "UPDATE fixed_ips SET x = 1", ("fixed_ips", ())),
    ("FOREIGN KEY constraint failed", 'DELETE FROM "networks"', ("networks", ())),
]

# (number, message) as PyMySQL raises them, from MariaDB and from MySQL 8
MARIADB = [
    (
        (1062, "Duplicate entry 'fa:16:3e:0:0:1' for key 'uq_virtual_interfaces_address'"),
        ADD_VIF,
        VIF_MAC,
    ),
    (
        (1062, "Duplicate entry '7-4' for key 'fixed_ips.uq_fixed_ips_network_id_position'"),
        None,
        POSITION,
    ),
    (
        (1062, "Duplicate entry 'uq_networks_uuid' for key 'uq_networks_cidr'"),
        None,
        ("networks", ("cidr",)),
    ),
    ((1062, "Duplicate entry 'node1-x' for key 'PRIMARY'"), ADD_HOST_NETWORK, HOST_NETWORK),
    ((1062, "Duplicate entry 'node1-x' for key 'host_networks.PRIMARY'"), None, HOST_NETWORK),
    ((1062, "Duplicate entry 'x' for key 'PRIMARY'"), None, (None, ())),
    (
        (
            1452,
            (
                "Cannot add or update a child row: a foreign key constraint fails "
                "(`nova`.`virtual_interfaces`, CONSTRAINT `fk_virtual_interfaces_network_id` "
                "FOREIGN KEY (`network_id`) REFERENCES `networks` (`id`))"
            ),
        ),
        ADD_VIF,
        VIF_NETWORK,
    ),
    (
        (
            1451,
            (
                "Cannot delete or update a parent row: a foreign key constraint fails "
                "(`nova`.`fixed_ips`, CONSTRAINT `fk_fixed_ips_network_id` FOREIGN KEY "
                "(`network_id`) REFERENCES `networks` (`id`))"
            ),
        ),
        "DELETE FROM networks WHERE networks.id = %(id_1)s",
        ("networks", ()),
    ),
    (
        (1364, "Field 'label' doesn't have a default value"),
        "INSERT INTO networks",
        ("networks", ("label",)),
    ),
    ((1048, "Column 'label' cannot be null"), "INSERT INTO networks", ("networks", ("label",))),
    ((4025, "CONSTRAINT `ck_networks_vlan` failed for `nova`.`networks`"), None, VLAN_CHECK),
    ((3819, "Check constraint 'ck_networks_vlan' is violated."), None, VLAN_CHECK),
]

POSTGRESQL = [
    (Diagnostic("virtual_interfaces", "uq_virtual_interfaces_address"), VIF_MAC),
    (Diagnostic("virtual_interfaces", "fk_virtual_interfaces_network_id"), VIF_NETWORK),
    (Diagnostic("host_networks", "pk_host_networks"), HOST_NETWORK),
    (Diagnostic("networks", "ck_networks_vlan"), VLAN_CHECK),
    (Diagnostic("networks", None, "label"), ("networks", ("label",))),
    (Diagnostic("networks", "an_operators_own"), ("networks", ())),
]


@pytest.mark.parametrize(("message", "statement", "key"), SQLITE)
def test_sqlite_names_the_columns(
    message: str, statement: str | None, key: tuple[str | None, tuple[str, ...]]
) -> None:
    conflict = parse_conflict(Exception(message), statement)

    assert (conflict.table, conflict.columns) == key
    assert str(conflict) == message


@pytest.mark.parametrize(("args", "statement", "key"), MARIADB)
def test_mariadb_names_the_constraint_in_its_message(
    args: tuple[int, str], statement: str | None, key: tuple[str | None, tuple[str, ...]]
) -> None:
    conflict = parse_conflict(Exception(*args), statement)

    assert (conflict.table, conflict.columns) == key


@pytest.mark.parametrize(("diagnostic", "key"), POSTGRESQL)
def test_postgresql_names_the_constraint_in_a_field_whatever_its_language(
    diagnostic: Diagnostic, key: tuple[str, tuple[str, ...]]
) -> None:
    error = PostgresError("doppelter Schlüsselwert verletzt Unique-Constraint", diagnostic)

    conflict = parse_conflict(error, " ".join(("INSERT INTO", diagnostic.table_name)))

    assert (conflict.table, conflict.columns) == key


def test_a_conflict_is_on_a_key_or_just_on_a_table() -> None:
    conflict = parse_conflict(Exception("UNIQUE constraint failed: fixed_ips.address"))

    assert conflict.is_on("fixed_ips")
    assert conflict.is_on("fixed_ips", "address")
    assert not conflict.is_on("fixed_ips", "network_id", "position")
    assert not conflict.is_on("floating_ips", "address")
