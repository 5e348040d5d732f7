"""A row that an operator has spoilt by SQL stops neither its host nor another network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.errors import UnreadableRow
from cloudnet.common.wire.objects import NetworkSnapshot, Snapshot
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.service.caller import ADMIN
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from tests.fixtures.controller.world import World, instance

SPOILT_NETWORKS = {
    "no address": "gateway = 'none'",
    "no address of the range": "gateway = '192.0.2.1'",
    "no range": "cidr = 'here'",
    "host bits in the range": "cidr = '10.0.0.1/28'",
    "no DHCP start": "dhcp_start = ''",
    "a DHCP start elsewhere": "dhcp_start = '192.0.2.3'",
    "no DNS server": "dns2 = 'dns.example.net'",
    "no IPv6 range": "cidr_v6 = '10.0.0.0/8'",
    "no IPv6 gateway": "gateway_v6 = 'router'",
    "no device": "bridge = 'br100; reboot'",
    "no MTU": "mtu = 7",
}
SPOILT_NUMBERS = {  # which only SQLite stores
    "words for a number": "mtu = 'large'",
    "no time": "updated_at = 'yesterday'",
}


@pytest.fixture
def two(world: World) -> World:
    """Two networks on node1, each with a guest."""
    for project, number in (("a", 1), ("b", 2)):
        world.network(project, project=project)
        world.boot(number, project)
    return world


def labels(snapshots: tuple[Snapshot, ...]) -> list[str]:
    return sorted(each.label for each in snapshots if isinstance(each, NetworkSnapshot))


@pytest.mark.parametrize(
    "change",
    [
        *(pytest.param(change, id=name) for name, change in SPOILT_NETWORKS.items()),
        *(
            pytest.param(change, id=name, marks=pytest.mark.sqlite)
            for name, change in SPOILT_NUMBERS.items()
        ),
    ],
)
def test_the_hosts_other_networks_are_sent_and_the_row_is_named(
    two: World, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    uuid = two.one("SELECT uuid FROM networks WHERE label = 'a'")
    two.edit(f"UPDATE networks SET {change} WHERE label = 'a'")  # noqa: S608 - of the test

    assert labels(two.report("node1").stale) == ["b"]
    assert labels(two.report("node1").stale) == ["b"]
    [line] = [record.message for record in caplog.records if "not sent" in record.message]
    assert line.startswith(f"network {uuid}: not sent to host node1 (")


def test_the_network_is_sent_once_its_row_is_corrected(two: World) -> None:
    two.edit("UPDATE networks SET gateway = 'none' WHERE label = 'a'")
    (present,) = two.sync("node1")

    two.edit("UPDATE networks SET gateway = '10.0.0.1' WHERE label = 'a'")

    assert labels(two.report("node1", present).stale) == ["a"]


def test_all_ranges_are_sent_although_one_cannot_be_read(two: World) -> None:
    two.edit("UPDATE networks SET cidr = 'here' WHERE label = 'a'")

    assert two.report("node3").ranges.ranges == (IPv4Network("10.0.0.0/27"),)


SPOILT_GUESTS = {
    "a MAC of a group": "UPDATE virtual_interfaces SET address = 'ff:ff:ff:ff:ff:ff'",
    "no MAC": "UPDATE virtual_interfaces SET address = 'eth0'",
    "a hostname with a comma": "UPDATE instances SET hostname = 'a,b'",
    "an address elsewhere": "UPDATE fixed_ips SET address = '192.0.2.9'",
    "no address": "UPDATE fixed_ips SET address = 'four'",
}
WHERE = {
    "virtual_interfaces": "instance_uuid",
    "instances": "uuid",
    "fixed_ips": "instance_uuid",
}


@pytest.mark.parametrize("change", SPOILT_GUESTS.values(), ids=SPOILT_GUESTS)
def test_a_guest_that_no_host_can_serve_is_left_out_of_its_network(
    world: World, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    world.network()
    world.boot(1)
    world.boot(2)
    key = WHERE[change.split()[1]]
    world.edit(f"{change} WHERE {key} = '{instance(1)}'")

    assert [str(vif.address) for vif in world.snapshot("node1").vifs] == ["10.0.0.4"]
    assert any("left out" in text or "without" in text for text in caplog.messages)


def test_a_floating_ip_that_cannot_be_read_is_left_out(world: World) -> None:
    world.network()
    world.boot(1)
    world.services.pools.create(IPv4Network("203.0.113.4/30"))
    for _ in range(2):
        floating = world.services.floating.allocate(ADMIN, "a")
        world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.3"))
    world.edit("UPDATE floating_ips SET address = 'public' WHERE address = '203.0.113.5'")

    assert [str(each.address) for each in world.snapshot("node1").floating_ips] == ["203.0.113.6"]


def test_the_spoilt_network_alone_is_not_cast(two: World) -> None:
    two.edit("UPDATE networks SET gateway = 'none' WHERE label = 'a'")
    keys = {
        label: SnapshotKey("node1", two.one(f"SELECT uuid FROM networks WHERE label = '{label}'"))  # noqa: S608 - of the test
        for label in ("a", "b")
    }
    reader = SnapshotReader(two.services.database)
    reader.raise_revisions()

    assert reader.get_snapshot(keys["a"]) is None
    assert isinstance(reader.get_snapshot(keys["b"]), NetworkSnapshot)


def test_other_projects_guests_boot_and_those_of_the_network_are_refused_by_name(
    two: World,
) -> None:
    two.edit("UPDATE networks SET gateway = 'none' WHERE label = 'a'")

    with pytest.raises(UnreadableRow, match="'none' instead of an IPv4 address"):
        two.boot(3, "a")
    assert two.address(4, "b") == "10.0.0.20"


def test_lists_leave_out_what_cannot_be_read(two: World, caplog: pytest.LogCaptureFixture) -> None:
    two.edit("UPDATE networks SET gateway = 'none' WHERE label = 'a'")

    assert [network.label for network in two.services.networks.list_networks()] == ["b"]
    assert any(
        text.startswith("table networks, row 1, column gateway: left out")
        for text in caplog.messages
    )


def test_the_sweep_frees_the_other_addresses(two: World) -> None:
    two.delete(1)
    two.delete(2)
    two.edit("UPDATE fixed_ips SET address = 'four' WHERE address = '10.0.0.3'")

    two.end_quarantine()

    left = two.rows("SELECT address FROM fixed_ips WHERE instance_uuid IS NOT NULL")
    assert left == [("four",)]


def test_a_host_reports_although_the_row_of_its_agent_is_spoilt(two: World) -> None:
    two.edit("INSERT INTO host_agents (host, my_ip) VALUES ('node1', 'here')")

    assert labels(two.report("node1").stale) == ["a", "b"]


@pytest.mark.sqlite
def test_a_host_reports_although_the_time_of_its_last_report_is_spoilt(two: World) -> None:
    two.report("node1")
    two.edit("UPDATE services SET last_seen_up = 'never'")

    assert labels(two.report("node1").stale) == ["a", "b"]
