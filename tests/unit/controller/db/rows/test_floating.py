"""Rows of floating IPs: each change happens only if the row is as it was read."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.rows import floating
from cloudnet.controller.model.records import FloatingIp
from tests.fixtures.controller.world import World, instance

FIRST, SECOND, THIRD = (IPv4Address(f"192.0.2.{n}") for n in (9, 10, 200))


def add(world: World, *addresses: IPv4Address, pool: str = "nova") -> None:
    world.services.database.write(
        lambda connection: floating.insert(connection, addresses, pool, "eth1", world.clock())
    )


def get(world: World, address: IPv4Address) -> FloatingIp:
    with world.services.database.reading() as connection:
        row = floating.get_by_address(connection, address)
    assert row is not None
    return row


def claim(world: World, row: FloatingIp, project: str = "a", *, auto: bool = False) -> bool:
    return world.services.database.write(
        lambda connection: floating.claim(
            connection, row, project, world.clock(), auto_assigned=auto
        )
    )


def release(world: World, row: FloatingIp) -> bool:
    return world.services.database.write(
        lambda connection: floating.release(connection, row, world.clock())
    )


def set_target(world: World, row: FloatingIp, fixed: int | None, host: str | None) -> bool:
    return world.services.database.write(
        lambda connection: floating.set_target(
            connection, row, fixed_ip_id=fixed, host=host, now=world.clock()
        )
    )


def fixed_id(world: World) -> int:
    return int(world.one("SELECT id FROM fixed_ips WHERE allocated"))


def associated(world: World) -> FloatingIp:
    """Return a floating IP of project a that is associated with instance 1 on node1."""
    world.network()
    world.boot(1)
    add(world, FIRST)
    claim(world, get(world, FIRST))
    set_target(world, get(world, FIRST), fixed_id(world), "node1")
    return get(world, FIRST)


def test_a_new_floating_ip_is_free_in_its_pool(world: World) -> None:
    add(world, FIRST)

    assert get(world, FIRST) == FloatingIp(
        id=1,
        address=FIRST,
        fixed_ip_id=None,
        project_id=None,
        host=None,
        auto_assigned=False,
        pool="nova",
        interface="eth1",
    )


def test_an_unknown_address_is_no_floating_ip(world: World) -> None:
    with world.services.database.reading() as connection:
        assert floating.get_by_address(connection, FIRST) is None


def test_a_floating_ip_that_exists_conflicts_and_none_is_added(world: World) -> None:
    add(world, FIRST)

    with pytest.raises(Conflict):
        add(world, SECOND, FIRST, pool="other")

    with world.services.database.reading() as connection:
        assert floating.list_pools(connection) == ["nova"]
        assert floating.list_floating_ips(connection) == [get(world, FIRST)]


def test_pools_are_listed_once_by_their_names(world: World) -> None:
    add(world, THIRD, pool="zone")
    add(world, FIRST, SECOND)

    with world.services.database.reading() as connection:
        assert floating.list_pools(connection) == ["nova", "zone"]


@pytest.mark.parametrize(
    ("range_", "found"),
    [
        ("192.0.2.0/24", [FIRST, SECOND, THIRD]),
        ("192.0.2.8/30", [FIRST, SECOND]),
        ("192.0.2.10/32", [SECOND]),
        ("192.0.2.100/30", []),  # as text, 192.0.2.200 begins like it
    ],
)
def test_a_range_is_of_addresses_and_not_of_text(
    world: World, range_: str, found: list[IPv4Address]
) -> None:
    add(world, FIRST, SECOND, THIRD)

    with world.services.database.reading() as connection:
        rows = floating.list_in_range(connection, IPv4Network(range_))

    assert [row.address for row in rows] == found


def test_a_free_floating_ip_is_claimed_by_one_project_only(world: World) -> None:
    add(world, FIRST)
    free = get(world, FIRST)

    assert claim(world, free, "a")
    assert not claim(world, free, "b")
    assert get(world, FIRST) == replace(free, project_id="a")


def test_a_released_floating_ip_is_free_again(world: World) -> None:
    add(world, FIRST)
    free = get(world, FIRST)
    claim(world, free, auto=True)

    assert release(world, get(world, FIRST))
    assert get(world, FIRST) == free


def test_a_floating_ip_of_another_project_is_not_released(world: World) -> None:
    add(world, FIRST)
    claim(world, get(world, FIRST), "a")
    row = get(world, FIRST)

    assert not release(world, replace(row, project_id="b"))
    assert get(world, FIRST) == row


def test_an_associated_floating_ip_is_not_released(world: World) -> None:
    row = associated(world)

    assert not release(world, row)
    assert get(world, FIRST) == row


def test_the_address_that_has_been_free_longest_is_next(world: World) -> None:
    add(world, FIRST, SECOND)
    claim(world, get(world, FIRST))
    world.clock.pass_seconds(1)
    release(world, get(world, FIRST))

    with world.services.database.reading() as connection:
        found = floating.list_free(connection, "nova", 2)

    assert [each.address for each in found] == [SECOND, FIRST]


def test_no_address_of_another_pool_is_next(world: World) -> None:
    add(world, FIRST, pool="other")

    with world.services.database.reading() as connection:
        assert floating.list_free(connection, "nova", 1) == []


def test_a_project_counts_what_it_allocated_and_not_what_was_assigned(world: World) -> None:
    add(world, FIRST, SECOND, THIRD)
    claim(world, get(world, FIRST), "a")
    claim(world, get(world, SECOND), "a", auto=True)
    claim(world, get(world, THIRD), "b")

    with world.services.database.reading() as connection:
        assert floating.count_for_project(connection, "a") == 1
        assert floating.count_for_project(connection, "c") == 0


def test_an_associated_floating_ip_is_found_from_its_instance_and_its_host(world: World) -> None:
    row = associated(world)
    (network,) = world.rows("SELECT id FROM networks")
    target = IPv4Address(world.one("SELECT address FROM fixed_ips WHERE allocated"))

    with world.services.database.reading() as connection:
        assert floating.list_for_instance(connection, instance(1)) == [row]
        assert floating.list_for_instance(connection, instance(2)) == []
        assert floating.list_on_host(connection, "node1", network[0]) == [row]
        assert floating.list_on_host(connection, "node2", network[0]) == []
        assert floating.list_on_host(connection, "node1", network[0] + 1) == []
        assert floating.list_floating_ips(connection, "node1") == [row]
        assert floating.list_floating_ips(connection, "node2") == []
        assert floating.list_targets(connection) == {row.id: (instance(1), target)}


def test_a_row_that_has_changed_since_it_was_read_gets_no_target(world: World) -> None:
    row = associated(world)

    stale = replace(row, fixed_ip_id=None)
    assert not set_target(world, stale, fixed_id(world), "node2")
    assert not set_target(world, replace(row, project_id="b"), None, None)
    assert get(world, FIRST) == row


def test_a_target_is_taken_away_again(world: World) -> None:
    row = associated(world)

    assert set_target(world, row, None, None)
    assert get(world, FIRST) == replace(row, fixed_ip_id=None, host=None)


def test_floating_ips_move_with_the_gateway_of_their_network(world: World) -> None:
    row = associated(world)
    add(world, SECOND)
    (network_id,) = world.rows("SELECT id FROM networks")[0]

    world.services.database.write(
        lambda connection: floating.set_host_for_network(
            connection, network_id, "node2", world.clock()
        )
    )

    assert get(world, FIRST) == replace(row, host="node2")
    assert get(world, SECOND).host is None


def test_only_free_floating_ips_are_deleted(world: World) -> None:
    add(world, FIRST, SECOND)
    claim(world, get(world, FIRST))
    ids = [get(world, address).id for address in (FIRST, SECOND)]

    deleted = world.services.database.write(
        lambda connection: floating.delete_free(connection, ids)
    )

    assert deleted == 1
    with world.services.database.reading() as connection:
        left = floating.list_floating_ips(connection)
    assert [row.address for row in left] == [FIRST]
