"""Rows of instances, of the guests that they are, and of what is left after them."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from cloudnet.controller.db.rows import (
    guests,
    history,
    instances,
    leases,
    quotas,
    revisions,
    usage,
    vifs,
)
from cloudnet.controller.model.events import PICKED, RELEASED
from cloudnet.controller.model.records import Instance, Leasable
from cloudnet.controller.model.revisions import first_revision
from tests.fixtures.controller.world import World, addresses, instance


def test_an_instance_is_found_as_it_was_added_or_updated(world: World) -> None:
    added = Instance(instance(1), "a", "node1", None)
    updated = replace(added, host="node2", hostname="web")

    with world.services.database.reading() as connection:
        assert instances.get(connection, instance(1)) is None
    for change, row in ((instances.add, added), (instances.update, updated)):
        world.services.database.write(
            lambda connection, change=change, row=row: change(  # type: ignore[misc]
                connection, row, world.clock()
            )
        )
        with world.services.database.reading() as connection:
            assert instances.get(connection, instance(1)) == row


def test_an_instance_stays_as_long_as_an_address_in_quarantine_names_it(world: World) -> None:
    world.network()
    for number in (1, 2):
        world.boot(number)
    world.delete(1)

    def delete() -> None:
        world.services.database.write(
            lambda connection: instances.delete_unused(connection, [instance(1), instance(2), None])
        )

    delete()
    assert len(world.rows("SELECT uuid FROM instances")) == 2
    world.end_quarantine()
    delete()
    assert world.rows("SELECT uuid FROM instances") == [(instance(2),)]


def test_a_guest_is_found_by_its_instance_its_network_its_host_and_its_address(
    world: World,
) -> None:
    world.network(project="a")
    (network_id,) = world.rows("SELECT id FROM networks")[0]
    address = IPv4Address(world.address(1, host="node1"))
    world.boot(2, host="node2")

    with world.services.database.reading() as connection:
        (guest,) = guests.list_for_instance(connection, instance(1))
        both = guests.list_for_network(connection, network_id)

        assert (guest.address, guest.host, guest.project) == (address, "node1", "a")
        assert [each.instance for each in both] == [instance(1), instance(2)]
        assert guests.list_on_host(connection, "node1", network_id) == [guest]
        assert guests.lock_by_address(connection, address) == guest
        assert guests.get_by_fixed_ip(connection, guest.fixed_ip_id) == guest
        assert guests.has_guests(connection, network_id)


def test_an_instance_whose_address_is_in_quarantine_is_no_guest(world: World) -> None:
    network = world.network(project="a")
    address = IPv4Address(world.address(1))
    world.delete(1)

    with world.services.database.reading() as connection:
        assert guests.list_for_instance(connection, instance(1)) == []
        assert guests.list_for_network(connection, network.id) == []
        assert guests.lock_by_address(connection, address) is None
        assert not guests.has_guests(connection, network.id)


def set_leased(world: World, address: str, mac: str | None, *, leased: bool) -> bool:
    return world.services.database.write(
        lambda connection: leases.set_leased(connection, IPv4Address(address), mac, leased=leased)
    )


def test_a_lease_is_recorded_once_and_only_of_the_mac_that_has_the_address(world: World) -> None:
    world.network()
    (vif,) = world.boot(1)
    (address,) = addresses([vif])
    other = "02:00:00:00:00:01"

    assert not set_leased(world, address, other, leased=True)
    assert set_leased(world, address, vif["address"], leased=True)
    assert not set_leased(world, address, vif["address"], leased=True)
    assert not set_leased(world, address, other, leased=False)
    assert set_leased(world, address, None, leased=False)


def test_an_address_of_no_guest_has_no_lease(world: World) -> None:
    network = world.network()

    assert not set_leased(world, str(network.gateway), None, leased=True)


def test_the_gateway_of_a_single_host_network_leases_the_addresses_of_all_hosts(
    world: World,
) -> None:
    world.network(project="a")
    (first,) = world.boot(1, host="node1")
    (second,) = world.boot(2, host="node2")

    with world.services.database.reading() as connection:
        on_gateway = leases.list_leasable(connection, "node1")
        elsewhere = leases.list_leasable(connection, "node2")

    assert {row.mac for row in on_gateway} == {first["address"], second["address"]}
    assert elsewhere == []


def test_each_host_of_a_multi_host_network_leases_the_addresses_of_its_own_guests(
    wide: World,
) -> None:
    wide.network(project="a")
    wide.boot(1, host="node1")
    (vif,) = wide.boot(2, host="node2")
    (address,) = addresses([vif])

    with wide.services.database.reading() as connection:
        (row,) = leases.list_leasable(connection, "node2")
    assert row == Leasable(row.fixed_ip_id, IPv4Address(address), leased=False, mac=vif["address"])

    wide.services.database.write(
        lambda connection: leases.set_leased_rows(connection, [row.fixed_ip_id], leased=True)
    )
    with wide.services.database.reading() as connection:
        assert leases.list_leasable(connection, "node2") == [replace(row, leased=True)]


def test_an_address_in_quarantine_may_still_be_leased_to_nobody(world: World) -> None:
    world.network()
    world.boot(1)
    world.delete(1)

    with world.services.database.reading() as connection:
        (row,) = leases.list_leasable(connection, "node1")

    assert row.mac is None


def test_a_vif_is_active_when_both_its_host_and_its_gateway_have_applied_it(world: World) -> None:
    world.network()
    world.boot(1, host="node2")

    def list_active() -> set[int]:
        with world.services.database.reading() as connection:
            return vifs.list_active_ids(connection, instance(1))

    assert list_active() == set()
    world.sync("node2")
    assert list_active() == set()
    world.sync("node1")
    assert list_active() == {world.one("SELECT id FROM virtual_interfaces")}


def test_the_history_of_an_address_has_its_events_in_their_order(world: World) -> None:
    world.network()
    address = IPv4Address(world.address(1))
    world.delete(1)

    with world.services.database.reading() as connection:
        events = history.list_for_address(connection, address)
        assert history.list_for_address(connection, IPv4Address("203.0.113.1")) == []

    assert [event["event"] for event in events] == [PICKED, RELEASED]
    assert {event["instance_uuid"] for event in events} == {instance(1)}


def test_a_limit_of_a_project_is_its_own_for_one_resource(world: World) -> None:
    def set_limit(limit: int) -> None:
        world.services.database.write(
            lambda connection: quotas.set_limit(connection, "a", "fixed_ips", limit, world.clock())
        )

    for limit in (5, -1):
        set_limit(limit)
        with world.services.database.reading() as connection:
            assert quotas.get_limit(connection, "a", "fixed_ips") == limit
            assert quotas.get_limit(connection, "a", "floating_ips") is None
            assert quotas.get_limit(connection, "b", "fixed_ips") is None
    assert world.one("SELECT COUNT(*) FROM quotas") == 1


def test_a_counter_is_the_time_or_one_more_whichever_is_larger(world: World) -> None:
    def increment() -> int:
        world.services.database.write(
            lambda connection: revisions.increment(connection, revisions.RANGES, world.clock())
        )
        with world.services.database.reading() as connection:
            return revisions.get(connection, revisions.RANGES)

    world.clock.pass_seconds(10**9)  # beyond the time at which the tables were created
    first = increment()

    assert first == first_revision(world.clock())
    assert increment() == first + 1
    world.clock.pass_seconds(60)
    assert increment() == first_revision(world.clock())


def test_usage_counts_guests_quarantine_and_reserved_addresses(world: World) -> None:
    network = world.network()
    world.boot(1)
    world.boot(2)
    world.delete(2)
    world.services.fixed.reserve(network.dhcp_end)

    with world.services.database.reading() as connection:
        (row,) = usage.list_usage(connection)

    assert row.network_uuid == network.uuid
    assert row.cidr == network.cidr
    assert row.total == network.pool_end - network.pool_start + 1
    assert row.used == 2
    assert row.free == row.total - 3
