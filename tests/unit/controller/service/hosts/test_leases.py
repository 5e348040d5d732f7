"""The ``leased`` flags: lease events and reports change those of the right addresses."""

from __future__ import annotations

from ipaddress import IPv4Address

from cloudnet.common.wire.objects import (
    ReportedLease,
)
from tests.fixtures.controller.world import World


def leased(world: World) -> list[str]:
    return [row[0] for row in world.rows("SELECT address FROM fixed_ips WHERE leased")]


def test_lease_events_set_and_clear_the_flag(world: World) -> None:
    world.network()
    world.boot(1)
    address = IPv4Address("10.0.0.3")

    world.services.leases.record_lease(address)
    assert leased(world) == ["10.0.0.3"]
    world.services.leases.record_lease_end(address)
    assert leased(world) == []


def test_the_end_of_a_lease_does_not_free_the_address_of_an_instance(world: World) -> None:
    """It may be forged, or its guest may only be shut down."""
    world.network()
    world.boot(1)
    world.services.leases.record_lease(IPv4Address("10.0.0.3"))

    world.services.leases.record_lease_end(IPv4Address("10.0.0.3"), None)
    world.report("node1", leases=())
    world.end_quarantine()
    world.boot(2)

    query = "SELECT address FROM fixed_ips WHERE instance_uuid IS NOT NULL ORDER BY id"
    assert world.rows(query) == [("10.0.0.3",), ("10.0.0.4",)]


def test_a_late_lease_event_of_the_previous_guest_does_not_change_the_present_one(
    world: World,
) -> None:
    world.network()
    world.boot(1)
    world.services.leases.record_lease(IPv4Address("10.0.0.3"))

    world.services.leases.record_lease_end(IPv4Address("10.0.0.3"), "fa:16:3e:99:99:99")

    assert leased(world) == ["10.0.0.3"]


def test_a_lease_of_a_free_address_is_ignored(world: World) -> None:
    world.network()

    world.services.leases.record_lease(IPv4Address("10.0.0.9"))

    assert leased(world) == []


def test_the_list_of_leases_makes_up_for_lost_lease_events(world: World) -> None:
    network = world.network()
    macs = [world.boot(number)[0]["address"] for number in range(3)]
    world.services.leases.record_lease(IPv4Address("10.0.0.3"))
    now_out = ReportedLease(network.uuid, IPv4Address("10.0.0.4"), macs[1])
    stranger = ReportedLease(network.uuid, IPv4Address("10.0.0.5"), "fa:16:3e:99:99:99")

    world.report("node1", leases=(now_out, stranger))

    assert leased(world) == ["10.0.0.4"]


def test_a_report_changes_only_the_leases_that_its_host_serves(wide: World) -> None:
    network = wide.network()
    wide.boot(1, host="node1")
    mac = wide.boot(2, host="node2")[0]["address"]
    wide.report("node2", leases=(ReportedLease(network.uuid, IPv4Address("10.0.0.6"), mac),))

    wide.report("node1", leases=())

    assert leased(wide) == ["10.0.0.6"]
