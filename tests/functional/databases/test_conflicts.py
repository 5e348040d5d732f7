"""A violated key or constraint becomes the same Conflict on each database."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
import sqlalchemy as sa

from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import (
    fixed_ips,
    floating_ips,
    instances,
    networks,
    quotas,
    revisions,
    virtual_interfaces,
)
from tests.fixtures.controller.world import World, instance

NOW = {"created_at": datetime(2026, 1, 1, tzinfo=UTC)}
QUOTA = {**NOW, "project_id": "a", "resource": "fixed_ips", "hard_limit": 1}
FIXED = {**NOW, "network_id": 1, "address": IPv4Address("10.9.9.9"), "position": 99}
VIF = {"network_id": 1, "uuid": "u", "host_revision": 1}

CASES: list[tuple[str, sa.Executable, str, tuple[str, ...]]] = [
    (
        "a primary key of text",
        revisions.insert().values(name="projects", value=1),
        "revisions",
        ("name",),
    ),
    (
        "a primary key of a uuid",
        instances.insert().values(**NOW, uuid=instance(1), project_id="a", host="h"),
        "instances",
        ("uuid",),
    ),
    (
        "a unique column",
        floating_ips.insert().values(**NOW, address=IPv4Address("203.0.113.1"), pool="nova"),
        "floating_ips",
        ("address",),
    ),
    (
        "a unique key of two columns",
        quotas.insert().values(**QUOTA),
        "quotas",
        ("project_id", "resource"),
    ),
    (
        "another key of the same table",
        fixed_ips.insert().values(**{**FIXED, "position": 3}),
        "fixed_ips",
        ("network_id", "position"),
    ),
    (
        "a foreign key of a row that does not exist",
        fixed_ips.insert().values(**{**FIXED, "network_id": 77}),
        "fixed_ips",
        (),
    ),
    (
        "a foreign key of a row that is used",
        networks.delete().where(networks.c.id == 1),
        "networks",
        (),
    ),
    (
        "a check",
        networks.update().where(networks.c.id == 1).values(vlan=5000),
        "networks",
        (),
    ),
    (
        "a column that must not be empty",
        virtual_interfaces.insert().values(**NOW, **VIF, address="fa:16:3e:00:00:01"),
        "virtual_interfaces",
        ("instance_uuid",),
    ),
]


@pytest.fixture
def used(world: World) -> World:
    """A world with one row of each table that the cases violate."""
    world.services.pools.create(IPv4Network("203.0.113.0/30"))
    world.network(project="a")
    world.boot(1)
    world.services.quotas.set_limits("a", {"fixed_ips": 9})
    return world


@pytest.mark.parametrize(
    ("statement", "table", "columns"),
    [pytest.param(*case, id=name) for name, *case in CASES],
)
def test_the_key_is_named(
    used: World, statement: sa.Executable, table: str, columns: tuple[str, ...]
) -> None:
    def work(connection: Connection) -> Any:
        return connection.execute(statement)

    with pytest.raises(Conflict) as conflict:
        used.services.database.write(work)

    assert conflict.value.is_on(table, *columns), (conflict.value.table, conflict.value.columns)
