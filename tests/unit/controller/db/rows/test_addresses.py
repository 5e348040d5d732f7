"""Rows of fixed IPs: reserved, allocated, in quarantine, or free and without a row."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address

import pytest

from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.rows import addresses, quarantine
from cloudnet.controller.model.records import FixedIp
from tests.fixtures.controller.world import World, instance


def get(world: World, address: str) -> FixedIp | None:
    with world.services.database.reading() as connection:
        return addresses.get_by_address(connection, IPv4Address(address))


def require(world: World, address: str) -> FixedIp:
    row = get(world, address)
    assert row is not None
    return row


def list_quarantined(world: World, limit: int = 10, *, seconds: int = 1) -> list[str]:
    """Return the addresses whose quarantine began before ``seconds`` from now."""
    moment = world.clock() + timedelta(seconds=seconds)
    with world.services.database.reading() as connection:
        rows = quarantine.list_due(connection, quarantine.Rest(moment, moment), limit)
    return [str(row.address) for row in rows]


def test_a_guests_address_has_the_columns_of_its_instance_and_interface(world: World) -> None:
    network = world.network()
    (vif,) = world.boot(1, "a", "node2")
    address = world.one("SELECT address FROM fixed_ips WHERE allocated")

    assert require(world, address) == FixedIp(
        id=require(world, address).id,
        address=IPv4Address(address),
        network_id=network.id,
        network_uuid=network.uuid,
        position=network.position_of(IPv4Address(address)),
        mac=vif["address"],
        instance_uuid=instance(1),
        project_id="a",
        host="node2",
        allocated=True,
        leased=False,
        reserved=False,
    )


def test_a_free_address_and_one_of_no_network_have_no_row(world: World) -> None:
    network = world.network()

    assert get(world, str(network.dhcp_start)) is None
    assert get(world, "203.0.113.1") is None


def test_a_reserved_address_belongs_to_nobody_and_is_freed_once(world: World) -> None:
    network = world.network()
    address = network.dhcp_start
    reserved = (network.id, address, network.position_of(address))
    world.services.database.write(
        lambda connection: addresses.insert_reserved(connection, [reserved], world.clock())
    )
    row = require(world, str(address))
    assert (row.reserved, row.allocated, row.instance_uuid, row.host) == (True, False, None, None)

    def unreserve() -> bool:
        return world.services.database.write(
            lambda connection: addresses.unreserve(connection, row.id)
        )

    assert unreserve()
    assert not unreserve()
    assert get(world, str(address)) is None


def test_an_address_that_has_a_row_cannot_be_reserved(world: World) -> None:
    network = world.network()
    address = IPv4Address(world.address(1))

    with pytest.raises(Conflict):
        world.services.database.write(
            lambda connection: addresses.insert_reserved(
                connection, [(network.id, address, network.position_of(address))], world.clock()
            )
        )


def test_a_guests_address_is_not_unreserved(world: World) -> None:
    world.network()
    row = require(world, world.address(1))

    assert not world.services.database.write(
        lambda connection: addresses.unreserve(connection, row.id)
    )
    assert require(world, str(row.address)) == row


def test_addresses_in_quarantine_are_listed_from_the_earliest_up_to_a_limit(world: World) -> None:
    world.network()
    first, second = world.address(1), world.address(2)
    world.delete(2)
    world.clock.pass_seconds(5)
    world.delete(1)

    assert list_quarantined(world) == [second, first]
    assert list_quarantined(world, limit=1) == [second]
    assert list_quarantined(world, seconds=-1) == [second]
    assert list_quarantined(world, seconds=-5) == []


def test_an_address_leaves_the_quarantine_once(world: World) -> None:
    world.network()
    address = world.address(1)
    world.delete(1)
    row = require(world, address)
    assert (row.allocated, row.mac, row.instance_uuid) == (False, None, instance(1))

    def end() -> bool:
        return world.services.database.write(lambda connection: quarantine.end(connection, row.id))

    assert end()
    assert not end()
    assert get(world, address) is None


def test_an_allocated_address_is_in_no_quarantine(world: World) -> None:
    world.network()
    row = require(world, world.address(1))

    assert list_quarantined(world) == []
    assert not world.services.database.write(lambda connection: quarantine.end(connection, row.id))
    assert require(world, str(row.address)) == row


def test_a_hosts_own_address_is_found_and_released_once(wide: World) -> None:
    network = wide.network()
    wide.boot(1)
    with wide.services.database.reading() as connection:
        own = addresses.get_gateway(connection, network.id, "node1")
        assert addresses.get_gateway(connection, network.id, "node2") is None

    def release() -> FixedIp | None:
        return wide.services.database.write(
            lambda connection: addresses.release_gateway(
                connection, network.id, "node1", wide.clock()
            )
        )

    released = release()
    assert released is not None
    assert (released.address, released.host, released.instance_uuid) == (own, "node1", None)
    assert release() is None


def test_addresses_of_a_host_are_those_of_its_guests_and_its_own(wide: World) -> None:
    network = wide.network()
    wide.boot(1, host="node1")
    wide.boot(2, host="node2")

    with wide.services.database.reading() as connection:
        on_node1 = addresses.list_fixed_ips(connection, "node1")
        of_all = addresses.list_fixed_ips(connection)

    assert {row.instance_uuid for row in on_node1} == {instance(1), None}
    assert [row for row in of_all if row.host == "node1"] == on_node1
    assert [row.position for row in of_all] == sorted(row.position for row in of_all)
    assert {row.network_id for row in of_all} == {network.id}


def test_only_addresses_of_guests_are_counted_as_allocated(world: World) -> None:
    network = world.network()
    other = world.network("other")
    world.boot(1)
    world.boot(2)
    world.delete(2)

    with world.services.database.reading() as connection:
        counts = [addresses.count_allocated(connection, n.id) for n in (network, other)]

    assert sum(counts) == len(world.rows("SELECT id FROM fixed_ips WHERE allocated"))
    assert max(counts) == 1
