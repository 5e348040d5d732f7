"""Guests and networks that hosts have and a restored database lacks."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.rows import recovered
from cloudnet.controller.model.records import RecoveredGuest
from tests.fixtures.controller.world import World, instance

NETWORK, OTHER = instance(100), instance(101)


def guest(last: int, host: str = "node1", network: str = NETWORK) -> RecoveredGuest:
    return RecoveredGuest(
        host,
        IPv4Address(f"10.0.0.{last}"),
        network,
        f"fa:16:3e:00:00:{last:02x}",
        instance(last),
        f"vm{last}",
    )


def add(world: World, *guests: RecoveredGuest) -> None:
    world.services.database.write(
        lambda connection: recovered.add(connection, guests, world.clock())
    )


def test_recovered_guests_are_listed_by_host_and_address(world: World) -> None:
    guests = [guest(3), guest(4), guest(3, "node2"), guest(5, "node2", OTHER)]
    add(world, *reversed(guests))

    with world.services.database.reading() as connection:
        assert recovered.list_all(connection) == guests
        assert recovered.list_on_host(connection, "node1", NETWORK) == guests[:2]
        assert recovered.list_on_host(connection, "node2", OTHER) == guests[3:]
        assert recovered.list_on_host(connection, "node1", OTHER) == []


def test_an_address_that_two_hosts_serve_is_listed_for_both_and_deleted_for_both(
    world: World,
) -> None:
    add(world, guest(3), guest(3, "node2"), guest(4))
    address = IPv4Address("10.0.0.3")

    with world.services.database.reading() as connection:
        hosts = {each.host for each in recovered.list_for_address(connection, address)}
    assert hosts == {"node1", "node2"}

    world.services.database.write(lambda connection: recovered.delete_address(connection, address))
    with world.services.database.reading() as connection:
        assert recovered.list_all(connection) == [guest(4)]


def test_a_host_serves_an_address_once(world: World) -> None:
    add(world, guest(3))

    with pytest.raises(Conflict):
        add(world, guest(3, network=OTHER))


def test_a_network_is_recorded_once_for_each_host(world: World) -> None:
    for host in ("node1", "node2", "node1"):
        world.services.database.write(
            lambda connection, host=host: recovered.add_network(  # type: ignore[misc]
                connection, host, NETWORK
            )
        )

    rows = world.rows("SELECT host, network_uuid FROM recovered_networks ORDER BY host")
    assert rows == [("node1", NETWORK), ("node2", NETWORK)]
    with world.services.database.reading() as connection:
        assert recovered.has_network(connection, "node1", NETWORK)
        assert not recovered.has_network(connection, "node1", OTHER)
        assert not recovered.has_network(connection, "node3", NETWORK)


def test_a_network_is_kept_until_its_last_recovered_guest_is_gone(world: World) -> None:
    add(world, guest(3), guest(4, network=OTHER))
    world.services.database.write(
        lambda connection: recovered.add_network(connection, "node1", NETWORK)
    )

    def delete() -> list[str]:
        return world.services.database.write(
            lambda connection: recovered.delete_network_without_guests(connection, NETWORK)
        )

    assert delete() == []
    world.services.database.write(
        lambda connection: recovered.delete_address(connection, IPv4Address("10.0.0.3"))
    )
    assert delete() == ["node1"]
    assert delete() == []
