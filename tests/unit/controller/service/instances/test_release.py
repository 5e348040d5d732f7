"""An instance releases what it has."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cloudnet.controller.service.caller import ADMIN
from cloudnet.controller.service.networks.network_selection import RequestedNetwork
from tests.fixtures.controller.world import (
    World,
    a_world,
    flat_settings,
    instance,
    multi_host_settings,
)


def test_deallocating_frees_the_vif_at_once_and_the_address_after_quarantine(world: World) -> None:
    world.network()
    world.boot(1)

    world.delete(1)

    assert world.rows("SELECT * FROM virtual_interfaces") == []
    assert world.rows(
        "SELECT address, allocated FROM fixed_ips WHERE instance_uuid IS NOT NULL"
    ) == [("10.0.0.3", 0)]
    world.end_quarantine()
    assert world.rows("SELECT * FROM fixed_ips WHERE NOT reserved") == []
    assert world.rows("SELECT * FROM instances") == []


def test_deallocating_twice_or_an_unknown_instance_is_success(world: World) -> None:
    world.network()
    world.boot(1)

    world.delete(1)
    world.delete(1)
    world.delete(99)


def test_floating_ips_stay_with_the_project_unless_they_are_auto_assigned(
    world: World,
) -> None:
    world.network()
    world.boot(1)
    world.services.pools.create(IPv4Network("203.0.113.0/30"))
    kept = world.services.floating.allocate(ADMIN, "a")
    auto_assigned_ip = world.services.floating.allocate(ADMIN, "a", auto_assigned=True)
    for floating in (kept, auto_assigned_ip):
        world.services.floating.associate(
            ADMIN, floating, IPv4Address("10.0.0.3"), affect_auto_assigned=True
        )

    world.delete(1)

    assert world.rows("SELECT address, project_id, fixed_ip_id, host FROM floating_ips") == [
        (str(kept), "a", None, None),
        (str(auto_assigned_ip), None, None, None),
    ]


def test_only_the_listed_addresses_are_released(world: World) -> None:
    world.network("one", project="a")
    world.network("two", project="a")
    world.boot(1)

    request = RequestedNetwork("any", IPv4Address("10.0.0.3"))
    world.services.instances.deallocate(instance(1), [request])

    assert [vif["network"]["label"] for vif in world.info(1)] == ["two"]


def test_only_the_vifs_on_the_listed_networks_are_released(world: World) -> None:
    world.network("one", project="a")
    two = world.network("two", project="a")
    world.boot(1)

    for _ in range(2):  # a reply may be lost, and the call repeated
        world.services.instances.deallocate(instance(1), [RequestedNetwork(two.uuid)])

    assert [vif["network"]["label"] for vif in world.info(1)] == ["one"]


def test_an_instance_without_networks_leaves_no_row(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        world.boot(1)

        assert world.rows("SELECT * FROM instances") == []


def test_an_instance_may_come_back_while_its_old_address_is_in_quarantine(world: World) -> None:
    world.network()
    world.boot(1, host="node1")
    world.delete(1)

    assert world.address(1, host="node2") == "10.0.0.4"
    world.end_quarantine()
    assert len(world.info(1)) == 1


def test_the_history_names_the_instance_that_had_an_address(world: World) -> None:
    world.network()
    mac = world.boot(1)[0]["address"]
    world.delete(1)
    world.end_quarantine()

    events = world.services.fixed.list_events(IPv4Address("10.0.0.3"))

    assert [event["event"] for event in events] == ["allocated", "released", "freed"]
    assert events[0]["mac"] == mac
    assert {event["instance_uuid"] for event in events} == {instance(1)}
    assert {event["host"] for event in events} == {"node1"}
    assert events[0]["at"] < events[2]["at"]


def test_quarantine_counts_from_the_release_whatever_leases_say(world: World) -> None:
    world.network()
    world.boot(1)
    world.services.leases.record_lease(IPv4Address("10.0.0.3"))
    world.delete(1)

    world.clock.pass_seconds(20)
    world.services.leases.record_lease_end(IPv4Address("10.0.0.3"))
    world.clock.pass_seconds(11)

    assert world.services.sweeper.sweep() == 1


def test_many_addresses_are_freed_in_one_sweep(world: World) -> None:
    world.network(size=1024, project="a")

    for number in range(3):
        world.boot(number)
        world.delete(number)
    world.clock.pass_seconds(31)

    assert world.services.sweeper.sweep() == 3
    assert world.services.sweeper.sweep() == 0


def test_addresses_of_hosts_and_in_quarantine_are_freed_with_their_network(
    tmp_path: Path,
) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        network = world.network()
        world.boot(1)
        world.delete(1)
        world.services.networks.disassociate(network.uuid)

        world.services.networks.delete(uuid=network.uuid)

        assert world.rows(
            "SELECT address, event, host FROM address_history ORDER BY id DESC LIMIT 2"
        ) == [("10.0.0.4", "freed", "node1"), ("10.0.0.3", "gateway freed", "node1")]
        assert world.rows("SELECT * FROM instances") == []
