"""A released address rests until its lease has ended, a short time at least, and not for ever."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import FixedIpAlreadyInUse, NoMoreFixedIps
from cloudnet.common.wire.objects import ReportedLease, Topology
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, a_world, multi_host_settings


def release(world: World, number: int = 1, *, leased: bool = True) -> IPv4Address:
    """Boot an instance on node1, let it have a lease, and delete it."""
    address = IPv4Address(world.address(number))
    if leased:
        world.services.leases.record_lease(address)
    world.delete(number)
    return address


def is_free(world: World, address: IPv4Address) -> bool:
    world.services.sweeper.sweep()
    return str(address) not in {row[0] for row in world.rows("SELECT address FROM fixed_ips")}


def test_an_address_is_free_seconds_after_its_lease_was_released(world: World) -> None:
    world.network()
    address = release(world)

    world.services.leases.record_lease_end(address)
    world.report("node1")
    at_once = is_free(world, address)
    world.clock.pass_seconds(3)
    world.report("node1")

    assert not at_once
    assert is_free(world, address)


def test_an_address_rests_as_long_as_its_lease(world: World) -> None:
    world.network()
    address = release(world)

    world.clock.pass_seconds(29)
    world.report("node1")
    before = is_free(world, address)
    world.clock.pass_seconds(2)

    assert not before
    assert is_free(world, address)  # fixed_ip_disassociate_timeout


def test_a_lease_that_only_the_host_knows_of_keeps_the_address(world: World) -> None:
    network = world.network()
    [vif] = world.boot(1)
    world.delete(1)
    lease = ReportedLease(network.uuid, IPv4Address("10.0.0.3"), vif["address"])

    world.clock.pass_seconds(3)
    unheard = is_free(world, lease.address)
    world.report("node1", leases=(lease,))
    reported = is_free(world, lease.address)
    world.report("node1", leases=())

    assert not unheard
    assert not reported
    assert is_free(world, lease.address)


def test_a_host_that_no_longer_reports_keeps_the_address_to_the_end(world: World) -> None:
    world.network()
    world.report("node1")
    world.clock.pass_seconds(1)
    address = release(world, leased=False)

    world.clock.pass_seconds(29)
    before = is_free(world, address)
    world.clock.pass_seconds(2)

    assert not before
    assert is_free(world, address)


def test_the_host_that_leased_counts_in_multi_host_mode(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()
        world.boot(1, host="node2")
        address = IPv4Address("10.0.0.4")
        world.delete(1)
        world.clock.pass_seconds(3)

        world.report("node1")
        after_another = is_free(world, address)
        world.report("node2")

        assert not after_another
        assert is_free(world, address)


def test_without_dhcp_only_the_short_time_counts(world: World) -> None:
    network = world.network(topology=Topology.FLAT, bridge="br-own")
    world.boot(1, "a", "node1", (network, None))
    [(address,)] = world.rows("SELECT address FROM fixed_ips WHERE allocated")
    world.delete(1)

    world.clock.pass_seconds(1)
    before = is_free(world, address)
    world.clock.pass_seconds(2)

    assert not before
    assert is_free(world, address)


def test_four_guests_of_a_small_network_boot_again_within_seconds(world: World) -> None:
    world.network(size=8)  # four addresses
    for _ in range(3):
        for number in range(4):
            release_later = IPv4Address(world.address(number))
            world.services.leases.record_lease(release_later)
        with pytest.raises(NoMoreFixedIps):
            world.boot(9)
        for number in range(4):
            address = IPv4Address(
                world.info(number)[0]["network"]["subnets"][0]["ips"][0]["address"]
            )
            world.delete(number)
            world.services.leases.record_lease_end(address)
        world.clock.pass_seconds(3)
        world.report("node1")
        # No sweep: whoever needs an address frees those whose quarantine is over.

    assert world.address(1) == "10.0.0.3"


def test_a_requested_address_is_given_as_soon_as_its_quarantine_is_over(world: World) -> None:
    network = world.network()
    address = str(release(world))
    with pytest.raises(FixedIpAlreadyInUse, match="quarantine"):
        world.boot(2, "a", "node1", (network, address))

    world.services.leases.record_lease_end(IPv4Address(address))
    world.clock.pass_seconds(3)
    world.report("node1")

    assert world.boot(2, "a", "node1", (network, address))


def test_an_address_whose_vif_row_is_gone_is_freed(world: World) -> None:
    world.network()
    world.boot(1)
    world.services.pools.create(IPv4Network("203.0.113.1/32"))
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.3"))
    world.edit("DELETE FROM virtual_interfaces")

    released = world.services.sweeper.release_lost()
    world.end_quarantine()

    assert released == 1
    assert world.rows("SELECT * FROM fixed_ips WHERE NOT reserved") == []
    assert world.rows("SELECT fixed_ip_id FROM floating_ips") == [(None,)]
    assert world.rows("SELECT * FROM instances") == []
    assert world.services.sweeper.release_lost() == 0
