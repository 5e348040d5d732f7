"""What a call costs does not grow with the cloud: no statement of it reads every row of a table.

Read from the database's own plans, not from a clock. SQLite has no statistics here, as it has none
in an operator's database.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
import sqlalchemy as sa

from cloudnet.common.wire.objects import NetworkSnapshot, Topology
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import fixed_ips, instances, virtual_interfaces
from cloudnet.controller.model.records import Network, SnapshotKey
from cloudnet.controller.service.caller import ADMIN
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from tests.fixtures.controller.query_plans import Access, recorded_plans
from tests.fixtures.controller.world import World, instance

pytestmark = pytest.mark.sqlite  # others choose a plan by the number of rows

GROWING = {
    "fixed_ips",
    "floating_ips",
    "virtual_interfaces",
    "instances",
    "host_networks",
    "address_history",
}


@pytest.fixture
def crowded(world: World) -> World:
    """A network of project a with two guests."""
    world.network()
    world.boot(1)
    world.boot(2)
    raise_revisions(world)
    return world


def raise_revisions(world: World) -> None:
    SnapshotReader(world.services.database).raise_revisions()


def list_costly(accesses: list[Access]) -> list[str]:
    """Return the accesses that read every row of a table that grows, or nearly every row."""
    return [
        str(access)
        for access in accesses
        if access.table in GROWING and access.columns in {(), ("allocated",)}
    ]


def test_allocating_reads_no_whole_table(crowded: World) -> None:
    with recorded_plans() as accesses:
        crowded.boot(3)

    assert list_costly(accesses) == []


def test_raising_revisions_reads_no_whole_table(crowded: World) -> None:
    crowded.boot(3)

    with recorded_plans() as accesses:
        raise_revisions(crowded)

    assert list_costly(accesses) == []


def test_reading_what_an_instance_has_reads_no_whole_table(crowded: World) -> None:
    with recorded_plans() as accesses:
        crowded.services.instances.get_network_info(instance(1))

    assert list_costly(accesses) == []


def test_deallocating_reads_no_whole_table(crowded: World) -> None:
    with recorded_plans() as accesses:
        crowded.delete(1)

    assert list_costly(accesses) == []


def test_the_snapshot_of_a_gateway_reads_no_whole_table(crowded: World) -> None:
    with recorded_plans() as accesses:
        read_snapshot(crowded, "node1")

    assert list_costly(accesses) == []


def test_a_report_with_leases_reads_no_whole_table(crowded: World) -> None:
    with recorded_plans() as accesses:
        crowded.report("node1", leases=())

    assert list_costly(accesses) == []


def test_a_lease_event_reads_no_whole_table(crowded: World) -> None:
    with recorded_plans() as accesses:
        crowded.services.leases.record_lease(IPv4Address("10.0.0.3"))

    assert list_costly(accesses) == []


def test_looking_up_a_row_by_what_is_known_of_it_reads_no_whole_table(crowded: World) -> None:
    crowded.services.pools.create(IPv4Network("203.0.113.0/29"))
    floating = crowded.services.floating.allocate(ADMIN, "a")
    fixed, lookups = IPv4Address("10.0.0.3"), crowded.services.lookups
    crowded.services.floating.associate(ADMIN, floating, fixed)

    with recorded_plans() as accesses:
        lookups.get_fixed_ip(ADMIN, lookups.get_fixed_ip_by_address(ADMIN, fixed).id or 0)
        lookups.get_fixed_ip_by_address(ADMIN, IPv4Address("10.0.0.9"))
        lookups.find_vif(ADMIN, lookups.list_vifs(ADMIN, instance(1))[0].address)
        lookups.find_instance_of_floating_ip(ADMIN, floating)
        lookups.list_floating_ips_of(ADMIN, fixed)

    assert list_costly(accesses) == []


def test_allocating_a_floating_ip_reads_no_whole_table(crowded: World) -> None:
    crowded.services.pools.create(IPv4Network("203.0.113.0/29"))

    with recorded_plans() as accesses:
        crowded.services.floating.allocate(ADMIN, "a")

    assert list_costly(accesses) == []


def test_a_statement_that_reads_every_row_is_found(crowded: World) -> None:
    def count_leased(connection: Connection) -> None:
        connection.execute(sa.select(fixed_ips.c.id).where(fixed_ips.c.leased))

    with recorded_plans() as accesses:
        crowded.services.database.write(count_leased)

    assert [line.partition(":")[0] for line in list_costly(accesses)] == ["fixed_ips by every row"]


# -- the snapshot of one host of a large network ---------------------------------------------------


def read_snapshot(world: World, host: str) -> NetworkSnapshot:
    network = world.one("SELECT uuid FROM networks")
    snapshot = SnapshotReader(world.services.database).get_snapshot(SnapshotKey(host, network))
    assert isinstance(snapshot, NetworkSnapshot)
    return snapshot


def add_guests(world: World, network: Network, count: int) -> None:
    """Add guests on other hosts, each with its rows and no more."""

    def work(connection: Connection) -> None:
        now, numbers = world.clock(), range(1000, 1000 + count)
        rows: dict[sa.Table, list[dict[str, Any]]] = {
            instances: [
                {"uuid": instance(n), "project_id": "a", "host": f"other{n % 100}"} for n in numbers
            ],
            virtual_interfaces: [
                {
                    "id": n,
                    "address": f"02:00:00:00:{n // 256:02x}:{n % 256:02x}",
                    "network_id": network.id,
                    "instance_uuid": instance(n),
                    "uuid": instance(n),
                    "host_revision": 1,
                }
                for n in numbers
            ],
            fixed_ips: [
                {
                    "address": network.cidr[n],
                    "network_id": network.id,
                    "position": n,
                    "virtual_interface_id": n,
                    "instance_uuid": instance(n),
                    "allocated": True,
                }
                for n in numbers
            ],
        }
        for table, values in rows.items():
            connection.execute(sa.insert(table), [value | {"created_at": now} for value in values])

    world.services.database.write(work)


@pytest.fixture(params=[True, False], ids=["multi-host", "single-host"])
def large(world: World, request: pytest.FixtureRequest) -> tuple[World, Network]:
    """A network of 131,072 addresses that node2 has two guests of; node1 may be its gateway."""
    network = world.network(
        size=2**17, topology=Topology.FLATDHCP, bridge="br-flat", multi_host=request.param
    )
    for number in (1, 2):
        world.boot(number, "a", "node2", (network, None))
    raise_revisions(world)
    return world, network


def test_a_hosts_snapshot_is_read_from_the_host_outward(large: tuple[World, Network]) -> None:
    world, _ = large

    with recorded_plans() as accesses:
        read_snapshot(world, "node2")

    guests = [access for access in accesses if "FROM instances" in access.statement]
    assert [(access.table, access.columns) for access in guests] == [
        ("instances", ("host",)),
        ("virtual_interfaces", ("instance_uuid",)),
        ("fixed_ips", ("virtual_interface_id",)),
    ]
    floating_ips = [access for access in accesses if "FROM floating_ips" in access.statement]
    assert [(access.table, access.columns) for access in floating_ips] == [
        ("floating_ips", ("host",)),
        ("fixed_ips", ("rowid",)),
    ]


def test_a_hosts_snapshot_costs_no_more_when_a_thousand_guests_are_elsewhere(
    large: tuple[World, Network],
) -> None:
    world, network = large
    steps_before, before = count_steps(world, "node2")

    add_guests(world, network, 1000)

    steps, snapshot = count_steps(world, "node2")
    assert snapshot == before
    assert steps < steps_before + 20  # some more or less for the state of caches


def count_steps(world: World, host: str) -> tuple[int, NetworkSnapshot]:
    """Return how many steps SQLite's virtual machine takes to read a snapshot, and the snapshot."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    def watch(_: sa.Connection, cursor: Any, *more: object) -> None:  # Any: the driver's
        del more
        cursor.connection.set_progress_handler(count, 1)

    sa.event.listen(sa.Engine, "before_cursor_execute", watch)
    try:
        snapshot = read_snapshot(world, host)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", watch)
    return steps, snapshot
