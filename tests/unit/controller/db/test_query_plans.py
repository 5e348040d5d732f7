"""What a call costs does not grow with the cloud: no query of one looks at every row of a table.

Told by SQLite's own plans, not by the clock. Its planner knows no statistics here, as it knows
none in an operator's database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from typing import Any

import pytest
import sqlalchemy as sa

from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from tests.fixtures.controller.world import World, instance

GROW = ("fixed_ips", "virtual_interfaces", "instances", "host_networks", "address_history")
ONE_BIG_RUN = "(allocated=?)"  # nearly every address is: as good as looking at all of them


@pytest.fixture
def crowded(world: World) -> World:
    """A network of project a with two guests."""
    world.network()
    world.boot(1)
    world.boot(2)
    return world


def test_allocating_looks_at_its_own_network_only(crowded: World) -> None:
    with _plans() as plans:
        crowded.boot(3)

    assert _at_everything(plans) == []


def test_reading_what_an_instance_has_looks_at_its_own_rows_only(crowded: World) -> None:
    with _plans() as plans:
        crowded.services.instances.get_network_info(instance(1))

    assert _at_everything(plans) == []


def test_deallocating_looks_at_its_own_rows_only(crowded: World) -> None:
    with _plans() as plans:
        crowded.delete(1)

    assert _at_everything(plans) == []


def test_a_snapshot_looks_at_its_own_network_only(crowded: World) -> None:
    network = crowded.rows("SELECT uuid FROM networks")[0][0]

    with _plans() as plans:
        SnapshotReader(crowded.services.database).get_snapshot(SnapshotKey("node1", network))

    assert _at_everything(plans) == []


def test_a_report_with_leases_looks_at_its_own_host_only(crowded: World) -> None:
    with _plans() as plans:
        crowded.report("node1", leases=())

    assert _at_everything(plans) == []


def test_a_lease_event_looks_at_its_own_address_only(crowded: World) -> None:
    with _plans() as plans:
        crowded.services.leases.record_lease(IPv4Address("10.0.0.3"))

    assert _at_everything(plans) == []


@contextmanager
def _plans() -> Iterator[list[str]]:
    """Collect the plan of every statement that is run in the block."""
    found: list[str] = []

    def explain(
        connection: sa.Connection, cursor: Any, statement: str, parameters: Any, *more: object
    ) -> None:
        del connection, more
        if statement.split(maxsplit=1)[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}:
            own = cursor.connection.cursor()
            own.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(f"{row[3]} in: {' '.join(statement.split())}" for row in own.fetchall())

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", explain)
    assert found


def _at_everything(plans: list[str]) -> list[str]:
    return [
        line
        for line in plans
        if any(line.startswith(f"SCAN {table}") for table in GROW)
        or ONE_BIG_RUN in line.partition(" in: ")[0]
    ]
