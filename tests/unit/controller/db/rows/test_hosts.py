"""Rows about hosts: their agents, their services, the faults that they report."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.wire.objects import Fault
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import host_agents, host_problems, services
from cloudnet.controller.model.records import HostAgent, Service
from tests.fixtures.controller.world import World, instance

BRIDGE = Fault(instance(1), "bridge br100: cannot be created")
TABLE = Fault(None, "table nat: cannot be changed")


def replace_faults(world: World, host: str, *faults: Fault) -> datetime:
    """Replace the faults of a host, a minute after the last call, and return the time."""
    world.clock.pass_seconds(60)
    world.services.database.write(
        lambda connection: host_problems.replace(connection, host, faults, world.clock())
    )
    return world.clock()


def beat(world: World, host: str, binary: str = "cloudnet-agent") -> datetime:
    world.clock.pass_seconds(10)
    world.services.database.write(
        lambda connection: services.record_heartbeat(
            connection, host, binary, binary, world.clock()
        )
    )
    return world.clock()


def test_a_fault_that_is_still_reported_keeps_its_beginning(world: World) -> None:
    began = replace_faults(world, "node1", BRIDGE)

    later = replace_faults(world, "node1", TABLE, BRIDGE)

    with world.services.database.reading() as connection:
        assert host_problems.list_for_host(connection, "node1") == [TABLE, BRIDGE]
        assert host_problems.list_by_host(connection) == {
            "node1": [(TABLE.message, later), (BRIDGE.message, began)]
        }


def test_a_fault_that_comes_back_begins_again(world: World) -> None:
    replace_faults(world, "node1", BRIDGE)
    replace_faults(world, "node1")

    again = replace_faults(world, "node1", BRIDGE)

    with world.services.database.reading() as connection:
        assert host_problems.list_by_host(connection) == {"node1": [(BRIDGE.message, again)]}


def test_the_same_message_about_another_network_is_another_fault(world: World) -> None:
    replace_faults(world, "node1", BRIDGE)

    later = replace_faults(world, "node1", Fault(instance(2), BRIDGE.message))

    with world.services.database.reading() as connection:
        assert host_problems.list_by_host(connection) == {"node1": [(BRIDGE.message, later)]}


def test_the_faults_of_another_host_stay(world: World) -> None:
    replace_faults(world, "node1", BRIDGE)
    replace_faults(world, "node2", TABLE)

    replace_faults(world, "node1")

    with world.services.database.reading() as connection:
        assert host_problems.list_for_host(connection, "node1") == []
        assert host_problems.list_for_host(connection, "node2") == [TABLE]


def test_a_host_that_never_reported_has_an_empty_agent(world: World) -> None:
    with world.services.database.reading() as connection:
        assert host_agents.get(connection, "node1") == HostAgent("node1")
        assert host_agents.list_by_host(connection) == {}


def test_an_update_of_an_agent_leaves_the_other_columns(world: World) -> None:
    address = IPv4Address("172.16.99.108")

    def change(connection: Connection) -> None:
        host_agents.update(connection, "node1", my_ip=address)
        host_agents.update(connection, "node1", held="why")
        host_agents.update(connection, "node2", accepted=True)

    world.services.database.write(change)

    with world.services.database.reading() as connection:
        assert host_agents.list_by_host(connection) == {
            "node1": HostAgent("node1", my_ip=address, held="why"),
            "node2": HostAgent("node2", accepted=True),
        }
        assert host_agents.get(connection, "node2").accepted


def test_a_service_is_added_by_its_first_heartbeat_and_counts_the_others(world: World) -> None:
    beat(world, "node1")
    last = beat(world, "node1")

    with world.services.database.reading() as connection:
        assert services.list_services(connection) == [
            Service("node1", "cloudnet-agent", disabled=False, last_seen_up=last)
        ]
    assert world.one("SELECT report_count FROM services") == 2


def test_hosts_are_those_with_an_agent(world: World) -> None:
    seen = beat(world, "node2")
    beat(world, "node1")
    beat(world, "controller", "cloudnet-controller")

    with world.services.database.reading() as connection:
        assert services.list_agent_hosts(connection) == ["node1", "node2"]
        assert services.get_last_seen(connection, "node2") == seen
        assert services.get_last_seen(connection, "controller") is None
        hosts = [service.host for service in services.list_services(connection)]
    assert hosts == ["controller", "node1", "node2"]
