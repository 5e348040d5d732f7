"""Reports of hosts: what is recorded, and which snapshots the replies contain."""

from __future__ import annotations

from ipaddress import IPv4Network

from cloudnet.common.wire.objects import (
    Applied,
    Fault,
    NetworkGone,
    NetworkSnapshot,
    Report,
)
from tests.fixtures.controller.world import World, instance


def test_a_host_in_sync_gets_an_empty_reply(world: World) -> None:
    world.network()
    world.boot(1)

    snapshot = world.snapshot("node1")

    assert world.report("node1", snapshot).stale == ()
    assert world.info(1)[0]["active"] is True


def test_what_a_host_missed_is_sent_with_its_next_heartbeat(world: World) -> None:
    world.network()
    world.boot(1)
    old = world.snapshot("node1")
    world.boot(2)

    (newer,) = world.report("node1", old).stale

    assert isinstance(newer, NetworkSnapshot)
    assert len(newer.vifs) == 2


def test_when_the_last_guest_is_deleted_the_network_is_detached_from_the_host(world: World) -> None:
    world.network()
    world.boot(1, host="node2")
    present = world.sync("node2")
    world.delete(1)

    (gone,) = world.report("node2", *present).stale

    assert isinstance(gone, NetworkGone)
    assert gone.revision > present[0].revision
    assert world.report("node2", gone).stale == ()  # an accepted removal: the host may forget it
    assert world.report("node2").stale == ()
    assert world.rows("SELECT * FROM host_networks WHERE host = 'node2'") == []


def test_a_gateway_keeps_the_network_while_any_host_has_a_guest(world: World) -> None:
    world.network()
    world.boot(1, host="node1")
    world.boot(2, host="node2")
    world.delete(1)

    assert isinstance(world.report("node1").stale[0], NetworkSnapshot)
    world.delete(2)
    assert world.report("node1").stale == ()  # it never had it


def test_a_hosts_own_address_is_free_when_the_host_has_removed_the_network(wide: World) -> None:
    wide.network()
    wide.boot(1)
    present = wide.sync("node1")
    wide.delete(1)
    own = "SELECT address FROM fixed_ips WHERE host = 'node1'"

    assert wide.rows(own) == [("10.0.0.3",)]
    (gone,) = wide.report("node1", *present).stale
    assert wide.rows(own) == [("10.0.0.3",)]
    wide.report("node1", gone)
    assert wide.rows(own) == []


def test_a_new_guest_in_between_keeps_the_hosts_own_address(wide: World) -> None:
    wide.network()
    wide.boot(1)
    present = wide.sync("node1")
    wide.delete(1)
    (gone,) = wide.report("node1", *present).stale
    wide.boot(2)

    (snapshot,) = wide.report("node1", gone).stale

    assert isinstance(snapshot, NetworkSnapshot)
    assert str(snapshot.host_address) == "10.0.0.3"
    assert snapshot.revision > gone.revision


def test_a_lost_reply_does_no_harm(wide: World) -> None:
    wide.network()
    wide.boot(1)
    present = wide.sync("node1")
    wide.delete(1)
    (gone,) = wide.report("node1", *present).stale

    for _ in range(3):
        assert wide.report("node1", gone).stale == ()
    assert wide.report("node1").stale == ()


def test_an_unknown_network_shall_be_removed(world: World) -> None:
    ahead = 10**15
    report = Report("node1", (Applied(instance(5), ahead),))

    (gone,) = world.services.hosts.process_report(report).stale

    assert gone == NetworkGone(instance(5), "node1", ahead + 1)


def test_an_unknown_network_shall_be_removed_even_if_the_host_is_out_of_sync(
    world: World,
) -> None:
    applied = int(world.clock.now.timestamp() * 1000)  # the last complete revision of the host
    world.clock.pass_seconds(1)

    (gone,) = world.services.hosts.process_report(Report("node1", (Applied(instance(5), 0),))).stale

    assert isinstance(gone, NetworkGone)
    assert gone.revision > applied


def test_a_host_ahead_of_a_restored_database_gets_a_higher_revision(world: World) -> None:
    network = world.network()
    world.boot(1)
    ahead = Report("node1", (Applied(network.uuid, 10**15),))

    (snapshot,) = world.services.hosts.process_report(ahead).stale

    assert snapshot.revision == 10**15 + 1
    assert world.info(1)[0]["active"] is False  # the revision that it has is not of this database


def test_a_network_that_is_attached_again_has_a_higher_revision_than_before(
    world: World,
) -> None:
    world.network()
    world.boot(1)
    for _ in range(3):
        world.boot(2)
        world.delete(2)
    (present,) = world.sync("node1")
    world.delete(1)
    world.sync("node1")
    world.report("node1")
    world.clock.pass_seconds(1)

    world.boot(3)

    assert world.snapshot("node1").revision > present.revision


def test_a_deleted_network_is_detached_from_its_hosts(world: World) -> None:
    network = world.network()
    world.boot(1)
    present = world.sync("node1")
    world.delete(1)
    world.services.networks.disassociate(network.uuid)

    world.services.networks.delete(uuid=network.uuid)

    (gone,) = world.report("node1", *present).stale
    assert isinstance(gone, NetworkGone)
    world.sync("node1", gone)


def test_every_reply_contains_the_collapsed_ranges_of_all_networks(world: World) -> None:
    world.network("one", size=512)
    world.network("two", size=512)
    before = world.report("node1").ranges

    world.network("three", size=1024, cidr=IPv4Network("172.20.0.0/22"))
    after = world.report("node1").ranges

    assert before.ranges == (IPv4Network("10.0.0.0/22"),)
    assert after.ranges == (IPv4Network("10.0.0.0/22"), IPv4Network("172.20.0.0/22"))
    assert after.revision > before.revision


def test_a_heartbeat_is_recorded(world: World) -> None:
    world.report("node1")
    world.report("node1")

    assert world.rows("SELECT host, services.binary, topic, report_count FROM services") == [
        ("node1", "cloudnet-agent", "cloudnet-agent", 2)
    ]


def test_the_faults_are_those_of_the_last_report(world: World) -> None:
    world.report("node1", faults=(Fault(None, "no NIC eth7"), Fault(None, "old")))
    world.report("node1", faults=(Fault(None, "no NIC eth7"),))

    assert world.rows("SELECT host, message FROM host_problems") == [("node1", "no NIC eth7")]
