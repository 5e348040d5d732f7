"""The two-node cloud, in one process."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from textwrap import dedent

import pytest

from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.cloud import Cloud, open_cloud
from tests.fixtures.controller.world import addresses, multi_host_settings


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path) as opened:
        for number in range(2):
            opened.world.network(f"private_{number}", size=1024)
        opened.heartbeats()
        opened.drop_messages()
        yield opened


@pytest.fixture
def multi_host(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path, multi_host_settings()) as opened:
        opened.world.network("private_0", size=1024)
        opened.heartbeats()
        opened.drop_messages()
        yield opened


def mac(info: list[dict[str, str]]) -> str:
    return info[0]["address"]


def test_two_guests_of_a_project_on_two_nodes_and_one_of_another(cloud: Cloud) -> None:
    cloud.world.boot(1, "a", "node1")
    cloud.world.boot(3, "a", "node2")
    cloud.world.boot(2, "b", "node1")
    cloud.deliver()

    assert str(cloud) == dedent("""\
        node1
        IPv4 forwarding
        address 10.0.0.1/22 on br100
        address 10.0.4.1/22 on br101
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)
        bridge br101 (mac 02:00:00:00:01:00, mtu 1500)
        dnsmasq br100 (guests: 2)
        dnsmasq br101 (guests: 1)
        forwarded domains (domains: 0)
        sysctls of br100 (no IPv6, strict ARP)
        sysctls of br101 (no IPv6, strict ARP)
        sysctls of vlan100 (no IPv6, strict ARP)
        sysctls of vlan101 (no IPv6, strict ARP)
        table filter (rules: 55)
        table mangle (rules: 3)
        table nat (rules: 12)
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)
        vlan vlan101 (tag 101 on eth0, mtu 1500, in br101)

        node2
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)
        sysctls of br100 (no IPv6, strict ARP)
        sysctls of vlan100 (no IPv6, strict ARP)
        table filter (rules: 17)
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)""")


def test_a_guest_is_wired_once_all_its_hosts_have_reported_it(cloud: Cloud) -> None:
    cloud.world.boot(3, "a", "node2")
    cloud.deliver()
    cloud.node2.heartbeat()
    assert [vif["active"] for vif in cloud.world.info(3)] == [False]

    cloud.node1.heartbeat()
    assert [vif["active"] for vif in cloud.world.info(3)] == [True]


def test_in_multi_host_mode_each_node_is_the_gateway_of_its_own_guests(multi_host: Cloud) -> None:
    infos = [multi_host.world.boot(1, "a", "node1"), multi_host.world.boot(3, "a", "node2")]
    multi_host.deliver()

    gateways = [info[0]["network"]["subnets"][0]["gateway"]["address"] for info in infos]
    assert f"address {gateways[0]}/22 on br100" in str(multi_host.node1.kernel)
    assert f"address {gateways[1]}/22 on br100" in str(multi_host.node2.kernel)
    assert [line.split(",")[2] for line in multi_host.node1.dhcp("br100")] == addresses(infos[0])
    assert [line.split(",")[2] for line in multi_host.node2.dhcp("br100")] == addresses(infos[1])


def test_after_the_last_guest_a_node_is_empty_and_all_addresses_are_free(multi_host: Cloud) -> None:
    multi_host.world.boot(1, "a", "node1")
    multi_host.deliver()
    multi_host.heartbeats()

    multi_host.world.delete(1)
    multi_host.deliver()
    multi_host.heartbeats(2)
    multi_host.world.end_quarantine()

    assert str(multi_host.node1.kernel) == "IPv4 forwarding"
    assert multi_host.node1.store.desired().snapshots == ()
    assert multi_host.world.rows("SELECT * FROM host_networks") == []
    assert multi_host.world.rows("SELECT address FROM fixed_ips WHERE NOT reserved") == []
    assert multi_host.world.rows("SELECT * FROM instances") == []


def test_a_host_keeps_its_gateway_address_until_its_network_is_removed(
    multi_host: Cloud,
) -> None:
    multi_host.world.boot(1, "a", "node1")
    multi_host.deliver()
    multi_host.heartbeats()
    multi_host.node1.kernel.guests["br100"] = ("tap1",)

    multi_host.world.delete(1)
    multi_host.deliver()
    multi_host.heartbeats(2)
    assert multi_host.world.rows("SELECT host FROM fixed_ips WHERE host IS NOT NULL") == [
        ("node1",)
    ]

    multi_host.node1.kernel.guests.clear()
    multi_host.heartbeats(2)
    assert multi_host.world.rows("SELECT host FROM fixed_ips WHERE host IS NOT NULL") == []


def test_a_guest_boots_while_its_network_is_being_detached(multi_host: Cloud) -> None:
    multi_host.world.boot(1, "a", "node1")
    multi_host.deliver()
    multi_host.heartbeats()
    multi_host.world.delete(1)
    multi_host.deliver()  # the node has removed the network but not reported it yet

    multi_host.world.boot(2, "a", "node1")
    multi_host.drop_messages()
    multi_host.heartbeats(2)

    assert len(multi_host.node1.dhcp("br100")) == 1
    assert [vif["active"] for vif in multi_host.world.info(2)] == [True]


def test_a_floating_ip_is_on_the_gateway_until_its_guest_is_deleted(cloud: Cloud) -> None:
    cloud.create_floating_ip()
    fixed = addresses(cloud.world.boot(3, "a", "node2"))[0]
    cloud.world.services.floating.associate(
        ADMIN, IPv4Address("192.168.99.225"), IPv4Address(fixed)
    )
    cloud.deliver()
    assert "floating IP 192.168.99.225 on eth1" in str(cloud.node1.kernel)
    assert f"NAT mapping 192.168.99.225 to {fixed}" in str(cloud.node1.kernel)

    cloud.world.delete(3)
    cloud.deliver()
    assert "192.168.99.225" not in str(cloud)


def test_a_lease_is_reported_and_released_with_its_guest(cloud: Cloud) -> None:
    info = cloud.world.boot(1, "a", "node1")
    address = addresses(info)[0]
    cloud.deliver()
    cloud.node1.grant_lease("br100", address, mac(info))
    cloud.heartbeats()
    assert leased(cloud) == [address]

    cloud.world.boot(2, "a", "node1")  # keeps the network on the node
    cloud.world.delete(1)
    cloud.deliver()
    cloud.heartbeats()

    assert "lease" not in str(cloud.node1.kernel)
    assert leased(cloud) == []


def leased(cloud: Cloud) -> list[str]:
    return [
        address for (address,) in cloud.world.rows("SELECT address FROM fixed_ips WHERE leased")
    ]
