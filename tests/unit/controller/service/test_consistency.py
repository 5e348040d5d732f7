"""What an operator's SQL can contradict is found, with the row, the column and what to do."""

# ruff: noqa: S608 - the statements are the test's own

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
import sqlalchemy as sa

from cloudnet.controller.db.rows.raw import list_raw
from cloudnet.controller.db.tables import metadata
from cloudnet.controller.model.consistency.check import list_findings
from cloudnet.controller.model.consistency.finding import KEYS, Finding
from cloudnet.controller.model.consistency.references import REFERENCES
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, instance

FLOATING = "203.0.113.5"
A = "WHERE label = 'a'"
FIRST = "WHERE address = '10.0.0.3'"  # of the guest of project a


@pytest.fixture
def cloud(world: World) -> World:
    """Networks a (10.0.0.0/28) and b (10.0.0.16/28) with guests on two hosts, all in sync."""
    for project in ("a", "b"):
        world.network(project, project=project)
    world.boot(1, "a")
    world.boot(2, "a", "node2")
    world.boot(3, "b")
    world.services.pools.create(IPv4Network("203.0.113.4/30"))
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.3"))
    world.sync("node1")
    world.sync("node2")
    return world


def found(world: World) -> list[Finding]:
    return world.services.consistency.list_findings()


def list_places(findings: list[Finding]) -> set[str]:
    return {f"{each.table}.{each.column}" for each in findings}


def test_nothing_is_found_in_a_cloud_that_nobody_edited(cloud: World) -> None:
    cloud.services.floating.disassociate(ADMIN, IPv4Address(FLOATING))
    cloud.delete(1)
    cloud.services.fixed.reserve(IPv4Address("10.0.0.9"))

    assert found(cloud) == []


def test_nothing_is_found_in_a_multi_host_cloud(wide: World) -> None:
    wide.network()
    wide.boot(1)
    wide.boot(2, host="node2")

    assert found(wide) == []


def test_a_finding_names_row_and_column_and_the_statement_that_corrects_it(cloud: World) -> None:
    cloud.edit(f"UPDATE networks SET netmask = '255.255.255.0' {A}")

    assert found(cloud) == [
        Finding(
            "networks",
            str(cloud.one(f"SELECT id FROM networks {A}")),
            "netmask",
            "255.255.255.0 is not the netmask of 10.0.0.0/28",
            "UPDATE networks SET netmask = '255.255.255.240' WHERE id = 1",
        )
    ]


EDITS = {
    # networks
    f"UPDATE networks SET gateway = '192.0.2.1' {A}": "networks.gateway",
    f"UPDATE networks SET gateway = '10.0.0.3' {A}": "fixed_ips.address",
    f"UPDATE networks SET gateway = 'none' {A}": "networks.gateway",
    f"UPDATE networks SET dhcp_server = '10.0.0.15' {A}": "networks.dhcp_server",
    f"UPDATE networks SET dhcp_start = '10.0.0.7' {A}": "networks.pool_start",
    f"UPDATE networks SET dhcp_end = '10.0.0.7' {A}": "networks.pool_end",
    f"UPDATE networks SET pool_end = 5 {A}": "networks.pool_end",
    f"UPDATE networks SET dhcp_start = '192.0.2.3' {A}": "networks.dhcp_start",
    f"UPDATE networks SET cidr = '10.0.1.0/28' {A}": "fixed_ips.address",
    f"UPDATE networks SET cidr = '10.0.0.0/27' {A}": "networks.cidr",
    f"UPDATE networks SET cidr = '10.0.0.1/28' {A}": "networks.cidr",
    f"UPDATE networks SET broadcast = '10.0.0.14' {A}": "networks.broadcast",
    f"UPDATE networks SET bridge = 'br101' {A}": "networks.bridge",
    f"UPDATE networks SET bridge = 'br 100' {A}": "networks.bridge",
    f"UPDATE networks SET vlan = 200 {A}": "networks.bridge",
    f"UPDATE networks SET bridge_interface = NULL {A}": "networks.bridge_interface",
    f"UPDATE networks SET mtu = 10 {A}": "networks.mtu",
    f"UPDATE networks SET dns1 = 'dns' {A}": "networks.dns1",
    f"UPDATE networks SET uuid = 'a' {A}": "networks.uuid",
    f"UPDATE networks SET uuid = '{instance(9)}' {A}": "networks.uuid",
    f"UPDATE networks SET project_id = 'c' {A}": "networks.project_id",
    f"UPDATE networks SET project_id = NULL {A}": "networks.project_id",
    f"UPDATE networks SET host = 'nod1' {A}": "networks.host",
    f"UPDATE networks SET host = 'node 1' {A}": "networks.host",
    f"UPDATE networks SET multi_host = TRUE, host = NULL {A}": "networks.multi_host",
    f"UPDATE networks SET multi_host = TRUE {A}": "networks.host",
    # guests
    f"UPDATE instances SET host = 'node3' WHERE uuid = '{instance(1)}'": "instances.host",
    f"UPDATE instances SET hostname = 'A b' WHERE uuid = '{instance(1)}'": "instances.hostname",
    f"UPDATE instances SET project_id = 'c' WHERE uuid = '{instance(1)}'": "networks.project_id",
    "UPDATE virtual_interfaces SET address = 'eth0' WHERE id = 1": "virtual_interfaces.address",
    "UPDATE virtual_interfaces SET uuid = 'x' WHERE id = 1": "virtual_interfaces.uuid",
    "UPDATE virtual_interfaces SET host_revision = 4611686018427387904 WHERE id = 1": (
        "virtual_interfaces.host_revision"
    ),
    # fixed IPs
    f"UPDATE fixed_ips SET reserved = TRUE {FIRST}": "fixed_ips.reserved",
    f"UPDATE fixed_ips SET position = 9 {FIRST}": "fixed_ips.position",
    f"UPDATE fixed_ips SET address = '192.0.2.3' {FIRST}": "fixed_ips.address",
    f"UPDATE fixed_ips SET address = 'three' {FIRST}": "fixed_ips.address",
    f"UPDATE fixed_ips SET virtual_interface_id = NULL {FIRST}": "fixed_ips.virtual_interface_id",
    f"UPDATE fixed_ips SET virtual_interface_id = 3 {FIRST}": "fixed_ips.instance_uuid",
    f"UPDATE fixed_ips SET allocated = FALSE {FIRST}": "virtual_interfaces.id",
    "UPDATE fixed_ips SET reserved = FALSE WHERE address = '10.0.0.0'": "fixed_ips.reserved",
    "UPDATE fixed_ips SET network_id = 2, position = 14 WHERE address = '10.0.0.3'": (
        "fixed_ips.network_id"
    ),
    "DELETE FROM virtual_interfaces WHERE id = 1": "fixed_ips.virtual_interface_id",
    # floating IPs
    "UPDATE floating_ips SET fixed_ip_id = (SELECT id FROM fixed_ips WHERE address = '10.0.0.19')"
    " WHERE host IS NOT NULL": "floating_ips.project_id",
    "UPDATE floating_ips SET fixed_ip_id = (SELECT id FROM fixed_ips WHERE address = '10.0.0.0')"
    " WHERE host IS NOT NULL": "floating_ips.fixed_ip_id",
    "UPDATE floating_ips SET host = 'node2' WHERE host IS NOT NULL": "floating_ips.host",
    "UPDATE floating_ips SET host = 'node1'": "floating_ips.host",
    "UPDATE floating_ips SET address = '10.0.0.9' WHERE host IS NOT NULL": "floating_ips.address",
    "UPDATE floating_ips SET address = '127.0.0.1' WHERE host IS NULL": "floating_ips.address",
    "UPDATE floating_ips SET interface = 'eth0 up' WHERE host IS NULL": "floating_ips.interface",
    # hosts
    "DELETE FROM host_networks WHERE host = 'node2'": "networks.host",
    "UPDATE host_networks SET revision = 1": "host_networks.revision",
    "INSERT INTO host_agents (host, my_ip) VALUES ('node9', 'here')": "host_agents.my_ip",
    "INSERT INTO quotas (project_id, resource, hard_limit, created_at)"
    " VALUES ('a', 'networks', 1, '2026-01-01 00:00:00')": "quotas.resource",
    "INSERT INTO quotas (project_id, resource, hard_limit, created_at)"
    " VALUES ('a', 'fixed_ips', -7, '2026-01-01 00:00:00')": "quotas.hard_limit",
    "DELETE FROM revisions WHERE name = 'projects'": "revisions.name",
    "DELETE FROM cloud": "cloud.id",
    "INSERT INTO host_ranges (host, device, cidr, address) VALUES"
    " ('node9', 'eth7', '10.0.0.0/24', '10.0.0.9')": "networks.cidr",
}


SQLITE_EDITS = {  # which other databases refuse
    f"UPDATE networks SET mtu = 'large' {A}": "networks.mtu",
    f"UPDATE networks SET multi_host = 'false' {A}": "networks.multi_host",
    f"UPDATE networks SET updated_at = 'yesterday' {A}": "networks.updated_at",
}


def find_after(world: World, edit: str) -> set[str]:
    """Return what is found after an edit, which is undone again."""
    with world.services.database.reading() as connection:
        connection.execute(sa.text(edit))
        findings = list_findings({table: list_raw(connection, table) for table in KEYS})
        connection.rollback()
    return list_places(findings)


def test_each_edit_that_contradicts_other_rows_is_found(cloud: World) -> None:
    found_after = {edit: find_after(cloud, edit) for edit in EDITS}

    missed = {edit: after for edit, after in found_after.items() if EDITS[edit] not in after}
    assert missed == {}
    assert found(cloud) == []


@pytest.mark.sqlite
def test_text_that_sqlite_stores_in_other_columns_is_found(cloud: World) -> None:
    found_after = {edit: find_after(cloud, edit) for edit in SQLITE_EDITS}

    assert found_after == {edit: {column} for edit, column in SQLITE_EDITS.items()}


@pytest.mark.sqlite
def test_a_row_that_is_gone_is_found_where_foreign_keys_were_off(cloud: World) -> None:
    def delete(connection: sa.Connection) -> None:
        connection.exec_driver_sql("DELETE FROM networks WHERE label = 'a'")

    with cloud.services.database.reading() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN")
        delete(connection)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql("BEGIN")

    assert {"fixed_ips.network_id", "virtual_interfaces.network_id"} <= list_places(found(cloud))


CORRECTED = [
    f"UPDATE networks SET netmask = '255.0.0.0', pool_start = 5 {A}",
    f"UPDATE fixed_ips SET position = 9 {FIRST}",
    f"UPDATE fixed_ips SET reserved = TRUE {FIRST}",
    f"UPDATE networks SET project_id = 'c' {A}",
    "UPDATE floating_ips SET host = 'node2' WHERE host IS NOT NULL",
    "UPDATE host_networks SET revision = 1 WHERE host = 'node2'",
]


def test_the_statements_that_it_names_correct_the_rows(cloud: World) -> None:
    for edit in CORRECTED:
        cloud.edit(edit)
    remedies = [finding.remedy for finding in found(cloud)]

    for remedy in remedies:
        cloud.edit(remedy)

    assert len(remedies) >= len(CORRECTED)
    assert found(cloud) == []


def test_the_keys_and_references_are_those_of_the_tables() -> None:
    tables = metadata.tables

    assert {
        name: tuple(column.name for column in tables[name].primary_key.columns) for name in KEYS
    } == dict(KEYS)
    assert {
        (table.name, key.parent.name): (key.column.table.name, key.column.name)
        for table in tables.values()
        for key in table.foreign_keys
    } == REFERENCES
