"""Rows of networks: who finds which, and a claim that only one caller gets."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.rows import networks
from tests.fixtures.controller.world import World, instance

FLAT = {"topology": Topology.FLAT, "bridge": "br-ext", "cidr": IPv4Network("10.9.0.0/24")}


def test_a_network_is_found_by_its_id_its_uuid_and_its_exact_range(world: World) -> None:
    network = world.network()

    with world.services.database.reading() as connection:
        assert networks.get_by_id(connection, network.id) == network
        for lock in (False, True):
            assert networks.get_by_uuid(connection, network.uuid, lock=lock) == network
            assert networks.get_by_cidr(connection, network.cidr, lock=lock) == network


def test_no_network_is_found_by_another_uuid_or_by_a_part_of_its_range(world: World) -> None:
    network = world.network()
    half, _ = network.cidr.subnets()

    with world.services.database.reading() as connection:
        assert networks.get_by_uuid(connection, instance(9)) is None
        assert networks.get_by_cidr(connection, half) is None


def test_networks_are_listed_in_the_order_of_their_creation(world: World) -> None:
    created = [world.network(label) for label in ("c", "a", "b")]

    with world.services.database.reading() as connection:
        assert networks.list_networks(connection) == created
        assert sorted(networks.list_ranges(connection)) == [each.cidr for each in created]


def test_a_project_sees_its_own_networks_and_shared_flat_ones_if_wanted(world: World) -> None:
    own = world.network("own", project="a")
    world.network("foreign", project="b")
    world.network("free")  # a VLAN network without a project is not shared
    shared = world.network("shared", **FLAT)

    with world.services.database.reading() as connection:
        assert networks.list_for_project(connection, "a") == [own]
        assert networks.list_for_project(connection, "a", with_shared=True) == [own, shared]
        assert networks.list_for_project(connection, "c") == []


def test_unknown_uuids_are_left_out_of_the_map(world: World) -> None:
    network = world.network()

    with world.services.database.reading() as connection:
        found = networks.map_by_uuid(connection, [network.uuid, instance(9)])

    assert found == {network.uuid: network}


def test_a_host_sees_its_own_gateway_address_and_no_other_hosts(wide: World) -> None:
    network = wide.network()
    wide.boot(1)

    with wide.services.database.reading() as connection:
        (address,) = connection.exec_driver_sql(
            "SELECT address FROM fixed_ips WHERE host = 'node1'"
        ).scalars()
        on_node1 = networks.get_seen(connection, "node1", network.id)
        on_node2 = networks.get_seen(connection, "node2", network.id)
        seen = networks.map_seen_by_id(connection, "node1", [network.id])

    assert on_node1[1] == IPv4Address(address)
    assert on_node2[1] is None
    assert on_node1[0] == on_node2[0]
    assert seen == {network.id: on_node1}


def test_what_existing_networks_take_is_listed(world: World) -> None:
    first = world.network("first")
    second = world.network("second")
    flat = world.network("flat", **FLAT)
    dhcp = world.network(
        "dhcp",
        topology=Topology.FLATDHCP,
        bridge="br-dhcp",
        bridge_interface="eth5",
        cidr=IPv4Network("10.8.0.0/24"),
    )

    with world.services.database.reading() as connection:
        assert networks.list_vlans(connection) == {
            first.vlan: f"first ({first.uuid})",
            second.vlan: f"second ({second.uuid})",
        }
        assert networks.list_bridges(connection) == {
            (each.bridge, each.topology) for each in (first, second, flat, dhcp)
        }
        assert networks.list_flat_nics(connection) == {"eth5": "dhcp"}


def test_the_oldest_vlan_network_without_a_project_is_found(world: World) -> None:
    world.network("flat", **FLAT)
    world.network("own", project="a")
    first = world.network("first")
    world.network("second")

    with world.services.database.reading() as connection:
        assert networks.find_without_project(connection) == first.id


def test_no_network_without_a_project_is_found_where_all_have_one(world: World) -> None:
    world.network("flat", **FLAT)
    world.network("own", project="a")

    with world.services.database.reading() as connection:
        assert networks.find_without_project(connection) is None


def test_a_network_is_claimed_for_one_project_only(world: World) -> None:
    network = world.network()
    now = world.clock()

    def claim(project: str) -> bool:
        return world.services.database.write(
            lambda connection: networks.claim_for_project(connection, network.id, project, now)
        )

    assert claim("a")
    assert not claim("b")
    assert not claim("a")
    assert world.rows("SELECT project_id FROM networks") == [("a",)]


def test_a_network_gets_one_gateway_only(wide: World) -> None:
    network = wide.network(multi_host=False)
    now = wide.clock()

    def claim(host: str) -> bool:
        return wide.services.database.write(
            lambda connection: networks.claim_gateway(connection, network.id, host, now)
        )

    assert claim("node1")
    assert not claim("node2")
    assert wide.rows("SELECT host FROM networks") == [("node1",)]


def test_an_update_sets_the_named_columns_and_the_time_of_one_network(world: World) -> None:
    network, other = world.network("first"), world.network("second")
    world.clock.pass_seconds(60)

    world.services.database.write(
        lambda connection: networks.update(
            connection, network.id, world.clock(), mtu=9000, dns2=IPv4Address("9.9.9.9")
        )
    )

    with world.services.database.reading() as connection:
        changed, unchanged = networks.list_networks(connection)
    assert (changed.mtu, changed.dns2) == (9000, IPv4Address("9.9.9.9"))
    assert changed.updated_at == world.clock()
    assert unchanged == other
