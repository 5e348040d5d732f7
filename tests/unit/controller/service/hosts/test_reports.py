"""Reports of hosts: what their snapshots contain, and how they come into sync."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.wire.objects import (
    Applied,
    Fault,
    FloatingIp,
    NetworkGone,
    NetworkSnapshot,
    Report,
    ReportedLease,
    Snapshot,
)
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, a_world, instance, multi_host_settings


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, multi_host_settings()) as made:
        yield made


def sync(world: World, host: str, *applied: Snapshot) -> tuple[Snapshot, ...]:
    """Report until the host is in sync; return the snapshots that it has then."""
    present = {one.network: one for one in applied}
    for _ in range(5):
        stale = world.report(host, *present.values()).stale
        if not stale:
            return tuple(present.values())
        present |= {one.network: one for one in stale}
    raise AssertionError(f"{host} does not come into sync: {stale}")


# -- snapshots -------------------------------------------------------------------------------------


def test_a_single_host_serves_the_guests_of_all_hosts(world: World) -> None:
    world.network()
    world.boot(1, host="node1", hostname="Web 1.example.org")
    world.boot(2, host="node2")

    gateway, other = world.snapshot("node1"), world.snapshot("node2")

    assert str(gateway.host_address) == str(gateway.gateway) == "10.0.0.1"
    assert [(str(vif.address), vif.hostname) for vif in gateway.vifs] == [
        ("10.0.0.3", "web-1"),
        ("10.0.0.4", "host-10-0-0-4"),
    ]
    assert (other.host_address, other.vifs, str(other.gateway)) == (None, (), "10.0.0.1")


def test_in_multi_host_mode_a_host_serves_its_own_guests_alone(wide: World) -> None:
    wide.network()
    wide.boot(1, host="node1")
    wide.boot(2, host="node2")

    snapshot = wide.snapshot("node2")

    assert str(snapshot.host_address) == str(snapshot.gateway) == "10.0.0.5"
    assert [str(vif.address) for vif in snapshot.vifs] == ["10.0.0.6"]


def test_an_external_gateway_is_the_guests_route_but_not_the_hosts_address(world: World) -> None:
    world.network(dhcp_server=IPv4Address("10.0.0.2"))
    world.boot(1)

    snapshot = world.snapshot("node1")

    assert (str(snapshot.host_address), str(snapshot.gateway)) == ("10.0.0.2", "10.0.0.1")


def test_floating_ips_are_in_the_snapshot_of_the_gateway(world: World) -> None:
    world.network()
    world.boot(1, host="node2")
    world.services.pools.create(IPv4Network("203.0.113.5/32"), interface="eth9")
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.3"))

    assert world.snapshot("node1").floating_ips == (
        FloatingIp(floating, IPv4Address("10.0.0.3"), "eth9"),
    )
    assert world.snapshot("node2").floating_ips == ()


def test_every_change_raises_the_revision(world: World) -> None:
    world.network()
    revisions = []
    for change in (lambda: world.boot(1), lambda: world.boot(2), lambda: world.delete(1)):
        change()
        revisions.append(world.snapshot("node1").revision)

    assert revisions == sorted(set(revisions))


# -- heartbeats ------------------------------------------------------------------------------------


def test_a_host_in_sync_gets_an_empty_reply(world: World) -> None:
    world.network()
    world.boot(1)

    snapshot = world.snapshot("node1")

    assert world.report("node1", snapshot).stale == ()
    assert world.info(1)[0]["active"] is True


def test_a_vif_is_active_only_when_every_host_that_serves_it_has_it(world: World) -> None:
    world.network()
    world.boot(1, host="node2")

    sync(world, "node2")
    assert world.info(1)[0]["active"] is False
    sync(world, "node1")
    assert world.info(1)[0]["active"] is True


def test_a_vif_stays_active_while_other_guests_come(world: World) -> None:
    world.network()
    world.boot(1, host="node2")
    sync(world, "node2")
    sync(world, "node1")

    world.boot(2, host="node2")

    assert world.info(1)[0]["active"] is True
    assert world.info(2)[0]["active"] is False


def test_a_vif_is_active_once_a_revision_with_it_is_applied_even_if_a_newer_one_exists(
    world: World,
) -> None:
    world.network()
    world.boot(1)
    with_it = world.snapshot("node1")
    world.boot(2)

    world.report("node1", with_it)

    assert world.info(1)[0]["active"] is True
    assert world.info(2)[0]["active"] is False


def test_a_late_report_of_an_older_revision_does_not_undo_a_newer_one(world: World) -> None:
    world.network()
    world.boot(1)
    first = world.snapshot("node1")
    world.boot(2)
    sync(world, "node1")

    world.boot(3)
    world.report("node1", first)

    assert world.info(2)[0]["active"] is True


def test_a_vif_that_moves_is_active_when_its_new_host_has_it(world: World) -> None:
    world.network()
    world.boot(1)
    world.boot(2, host="node2")
    sync(world, "node1")
    sync(world, "node2")

    world.services.instances.move(instance(1), "node2")

    assert world.info(1)[0]["active"] is False
    sync(world, "node1")
    assert world.info(1)[0]["active"] is False
    sync(world, "node2")
    assert world.info(1)[0]["active"] is True


def test_with_another_gateway_a_vif_is_active_when_that_serves_it(world: World) -> None:
    network = world.network()
    world.boot(1)
    world.boot(2, host="node2")
    sync(world, "node1")
    sync(world, "node2")

    world.services.networks.update(network.uuid, host="node2")

    sync(world, "node1")
    assert world.info(1)[0]["active"] is False
    sync(world, "node2")
    assert world.info(1)[0]["active"] is True


def test_with_a_gateway_again_a_vif_is_active_when_that_serves_it(world: World) -> None:
    network = world.network()
    world.boot(1, host="node2")
    sync(world, "node1")
    sync(world, "node2")
    world.services.networks.disassociate(network.uuid, project=False, host=True, force=True)
    assert world.info(1)[0]["active"] is False

    world.boot(2, host="node2")

    assert world.info(1)[0]["active"] is False
    sync(world, "node2")
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
    present = sync(world, "node2")
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
    present = sync(wide, "node1")
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
    present = sync(wide, "node1")
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
    present = sync(wide, "node1")
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
    (present,) = sync(world, "node1")
    world.delete(1)
    sync(world, "node1")
    world.report("node1")
    world.clock.pass_seconds(1)

    world.boot(3)

    assert world.snapshot("node1").revision > present.revision


def test_a_deleted_network_is_detached_from_its_hosts(world: World) -> None:
    network = world.network()
    world.boot(1)
    present = sync(world, "node1")
    world.delete(1)
    world.services.networks.disassociate(network.uuid)

    world.services.networks.delete(uuid=network.uuid)

    (gone,) = world.report("node1", *present).stale
    assert isinstance(gone, NetworkGone)
    sync(world, "node1", gone)


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

    assert world.rows("SELECT host, binary, topic, report_count FROM services") == [
        ("node1", "cloudnet-agent", "cloudnet-agent", 2)
    ]


def test_the_faults_are_those_of_the_last_report(world: World) -> None:
    world.report("node1", faults=(Fault(None, "no NIC eth7"), Fault(None, "old")))
    world.report("node1", faults=(Fault(None, "no NIC eth7"),))

    assert world.rows("SELECT host, message FROM host_problems") == [("node1", "no NIC eth7")]


# -- leases ----------------------------------------------------------------------------------------


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
