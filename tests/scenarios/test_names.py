"""Names in DNS on the hosts of a cloud, whatever happens to the messages."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.node.resources.name_server import NameServer
from cloudnet.controller.model.dns import PRIVATE, DnsDomain, DnsEntry
from tests.fixtures.cloud import Cloud, Node, back_up, open_cloud, restore
from tests.fixtures.controller.world import SETTINGS, instance, multi_host_settings


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud whose two nodes are gateways of a network each."""
    with open_cloud(tmp_path, replace(SETTINGS, instance_dns_domain="cloud.example")) as opened:
        opened.world.network("private_0", size=1024)
        opened.world.network("private_1", size=1024, host="node2")
        opened.world.services.dns.create_domain(DnsDomain("cloud.example", PRIVATE, None, None))
        opened.heartbeats()
        opened.world.boot(1, "a", "node1")
        opened.world.boot(2, "b", "node2")
        opened.deliver()
        opened.heartbeats()
        yield opened


def served(node: Node) -> list[str]:
    """Return the names that the node's name server has, but the instances' uuids."""
    server = node.kernel.resources["name server"]
    assert isinstance(server, NameServer)
    return [line for line in server.names.splitlines() if "-0000-" not in line]


GUESTS = ["10.0.0.3 host-10-0-0-3.cloud.example", "10.0.4.3 host-10-0-4-3.cloud.example"]


def add(cloud: Cloud, name: str, address: str = "10.0.0.200") -> None:
    entry = DnsEntry("cloud.example", name, IPv4Address(address), None)
    cloud.world.services.dns.add_entry(entry)


def test_each_host_serves_the_names_of_all_instances(cloud: Cloud) -> None:
    assert served(cloud.node1) == served(cloud.node2) == GUESTS


def test_a_deleted_instance_loses_its_names_on_each_host_at_once(cloud: Cloud) -> None:
    cloud.world.delete(1)
    cloud.deliver()

    assert served(cloud.node2) == GUESTS[1:]


def test_lost_casts_are_made_up_for_by_the_next_cast(cloud: Cloud) -> None:
    add(cloud, "a")
    add(cloud, "b")
    cloud.drop_messages()
    add(cloud, "c")

    cloud.deliver()

    assert served(cloud.node1)[1:4] == [f"10.0.0.200 {name}.cloud.example" for name in "abc"]


def test_casts_may_come_twice_and_in_any_order(cloud: Cloud) -> None:
    for name in "abc":
        add(cloud, name)

    cloud.deliver(order=[2, 0, 1, 2, 0])

    assert served(cloud.node1)[1:4] == [f"10.0.0.200 {name}.cloud.example" for name in "abc"]


def test_lost_casts_are_made_up_for_by_heartbeats(cloud: Cloud) -> None:
    add(cloud, "a")
    cloud.world.delete(2)
    cloud.drop_messages()

    cloud.heartbeats()

    assert served(cloud.node1) == [GUESTS[0], "10.0.0.200 a.cloud.example"]


def test_a_change_of_a_controller_that_ended_is_sent_by_another_one(cloud: Cloud) -> None:
    cloud.world.edit("INSERT INTO dns_changes (domain, name) VALUES ('cloud.example', 'lost')")
    cloud.world.edit(
        "INSERT INTO dns_entries (domain, name, address, created_at) "
        "VALUES ('cloud.example', 'lost', '10.0.0.201', '2026-01-01 00:00:00')"
    )

    cloud.world.services.dns.publish()
    cloud.deliver()

    assert served(cloud.node1)[1] == "10.0.0.201 lost.cloud.example"


def test_an_agent_without_a_controller_serves_the_names_on_its_disk(cloud: Cloud) -> None:
    cloud.link.cut = True
    cloud.node1.kernel.resources.clear()

    cloud.node1.start_agent()
    cloud.node1.reconcile()

    assert served(cloud.node1) == GUESTS


@pytest.mark.sqlite  # a backup is a copy of its file
def test_an_older_copy_of_the_database_takes_back_later_names(cloud: Cloud) -> None:
    copy = back_up(cloud)
    add(cloud, "later")
    cloud.deliver()
    cloud.heartbeats()

    restore(cloud, copy)
    cloud.heartbeats(2)
    cloud.world.services.agents.accept(None)
    cloud.heartbeats(2)

    assert served(cloud.node1) == GUESTS


def test_each_host_of_a_multi_host_network_has_the_names_of_the_others_guests(
    tmp_path: Path,
) -> None:
    settings = replace(multi_host_settings(), update_dns_entries=True)
    with open_cloud(tmp_path, settings) as cloud:
        cloud.world.network("private_0", size=1024)
        cloud.heartbeats()
        cloud.world.boot(1, "a", "node1")
        cloud.world.boot(2, "a", "node2")
        cloud.deliver()
        cloud.heartbeats()
        assert peers(cloud.node1) == ["host-10-0-0-6"]
        assert peers(cloud.node2) == ["host-10-0-0-4"]

        cloud.world.boot(3, "a", "node2")
        cloud.deliver()
        assert peers(cloud.node1) == ["host-10-0-0-6", "host-10-0-0-7"]

        cloud.world.delete(2)
        cloud.deliver()
        assert peers(cloud.node1) == ["host-10-0-0-7"]


def test_without_update_dns_entries_no_host_has_them(tmp_path: Path) -> None:
    with open_cloud(tmp_path, multi_host_settings()) as cloud:
        cloud.world.network("private_0", size=1024)
        cloud.world.boot(1, "a", "node1")
        cloud.world.boot(2, "a", "node2")
        cloud.heartbeats(2)

        assert peers(cloud.node1) == peers(cloud.node2) == []


def peers(node: Node) -> list[str]:
    (network,) = node.store.desired().networks
    return [each.hostname for each in network.names]


def test_a_name_that_no_host_can_have_keeps_no_network_from_hosts(tmp_path: Path) -> None:
    settings = replace(multi_host_settings(), update_dns_entries=True)
    with open_cloud(tmp_path, settings) as cloud:
        network = cloud.world.network("private_0", size=1024)
        for number, host in ((1, "node1"), (2, "node2"), (3, "node2")):
            cloud.world.boot(number, "a", host)
        cloud.world.edit(f"UPDATE instances SET hostname = '-x y' WHERE uuid = '{instance(2)}'")  # noqa: S608
        cloud.world.services.networks.notify_hosts(network.uuid)
        cloud.heartbeats(2)

        assert len(peers(cloud.node1)) == 1
