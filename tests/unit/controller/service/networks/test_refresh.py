"""After an edit by SQL, ``network notify`` brings all of it to every host that needs it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.wire.objects import NetworkSnapshot
from cloudnet.controller.model.records import Network
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World


def guests_on_two_hosts(world: World) -> Network:
    network = world.network()
    world.boot(1, host="node1")
    world.boot(2, host="node2")
    return network


def test_an_edited_column_reaches_all_hosts_with_their_next_heartbeats(world: World) -> None:
    network = guests_on_two_hosts(world)
    present = {host: world.sync(host) for host in ("node1", "node2")}
    world.edit("UPDATE networks SET dns1 = '192.0.2.53', gateway = '10.0.0.9'")

    assert all(world.report(host, *had).stale == () for host, had in present.items())
    _, hosts = world.services.networks.refresh(network.uuid)

    assert hosts == {"node1", "node2"}
    for host, snapshots in present.items():
        (snapshot,) = world.report(host, *snapshots).stale
        assert isinstance(snapshot, NetworkSnapshot)
        assert (str(snapshot.dns[0]), str(snapshot.gateway)) == ("192.0.2.53", "10.0.0.9")


def test_a_raised_revision_alone_brings_the_edit_with_the_next_heartbeat(world: World) -> None:
    guests_on_two_hosts(world)
    present = world.sync("node1")
    world.edit("UPDATE networks SET mtu = 1400")
    world.edit("UPDATE host_networks SET revision = revision + 1")

    (snapshot,) = world.report("node1", *present).stale

    assert isinstance(snapshot, NetworkSnapshot)
    assert snapshot.mtu == 1400


def test_an_edited_gateway_host_becomes_the_gateway_with_the_floating_ips(world: World) -> None:
    network = guests_on_two_hosts(world)
    world.services.pools.create(IPv4Network("203.0.113.5/32"))
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.3"))
    world.sync("node1")
    world.edit("UPDATE networks SET host = 'node3'")

    world.services.networks.refresh(network.uuid)

    snapshot = world.snapshot("node3")
    assert str(snapshot.host_address) == "10.0.0.1"
    assert [each.address for each in snapshot.floating_ips] == [floating]


def test_a_row_of_a_host_that_was_deleted_is_added_again(world: World) -> None:
    network = guests_on_two_hosts(world)
    world.edit("DELETE FROM host_networks WHERE host = 'node2'")

    world.services.networks.refresh(network.uuid)

    assert world.services.consistency.list_findings() == []
    assert world.snapshot("node2").network == network.uuid


def test_an_edited_range_reaches_the_hosts_lists_of_ranges(world: World) -> None:
    network = world.network()
    before = world.report("node1").ranges
    world.edit(
        "UPDATE networks SET cidr = '10.1.0.0/28', gateway = '10.1.0.1', broadcast = '10.1.0.15',"
        " dhcp_start = '10.1.0.3', dhcp_end = '10.1.0.14', vpn_private_address = NULL"
    )

    world.services.networks.refresh(network.uuid)

    after = world.report("node1").ranges
    assert after.ranges == (IPv4Network("10.1.0.0/28"),)
    assert after.revision > before.revision
