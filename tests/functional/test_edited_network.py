"""A network is edited while a host serves it: its guest gets the change with its next lease."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.wire.objects import NetworkSnapshot
from tests.fixtures.agent.dhcp_guest import Answer, Guest
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.real_node import RealNode
from tests.fixtures.agent.serving import BRIDGEPROGRAM, guest, network
from tests.fixtures.waiting import wait_for

NETMASK, ROUTER, NAME_SERVER, MTU = 1, 3, 6, 26  # DHCP options

BEFORE = replace(network(3), cidr=IPv4Network("10.0.0.0/28"))
AFTER = replace(
    BEFORE,
    revision=2,
    cidr=IPv4Network("10.0.0.0/24"),
    host_address=IPv4Address("10.0.0.14"),
    gateway=IPv4Address("10.0.0.14"),
    mtu=1400,
)


@pytest.fixture
def node(host: Host) -> RealNode:
    host.nic("eth0")
    host.nic("eth1")
    dhcp = replace(settings(host.state_path).dhcp, dhcpbridge=BRIDGEPROGRAM)
    return RealNode.on(host, dhcp=dhcp)


def receive(node: RealNode, snapshot: NetworkSnapshot) -> None:
    """Let the host do passes until it is in sync."""
    status = node.receive(snapshot)
    assert status.faults == ()
    wait_for(lambda: not node.reconciler.reconcile().out_of_sync, "the host to be in sync", 10)


def read(answer: Answer) -> dict[str, str]:
    options = answer.options
    return {
        "netmask": str(IPv4Address(options[NETMASK])),
        "router": str(IPv4Address(options[ROUTER])),
        "name server": str(IPv4Address(options[NAME_SERVER])),
        "mtu": str(int.from_bytes(options[MTU], "big")),
    }


def test_range_gateway_name_server_and_mtu_reach_a_guest_that_keeps_its_address(
    host: Host, node: RealNode
) -> None:
    receive(node, BEFORE)
    with Guest(host, "br100", guest(3).mac) as vm:
        first = vm.boot()

        receive(node, AFTER)
        second = vm.boot()  # the stub answers no ARP, which a renewal would need

    assert first.address == second.address == IPv4Address("10.0.0.3")
    assert read(first) == {
        "netmask": "255.255.255.240",
        "router": "10.0.0.1",
        "name server": "10.0.0.1",
        "mtu": "1500",
    }
    assert read(second) == {
        "netmask": "255.255.255.0",
        "router": "10.0.0.14",
        "name server": "10.0.0.14",
        "mtu": "1400",
    }
    assert [
        word for word in host.sh("ip -o -4 address show dev br100").split() if "10.0.0" in word
    ] == ["10.0.0.14/24", "10.0.0.255"]


def test_the_edited_network_is_in_sync_and_nothing_is_left_to_do(
    host: Host, node: RealNode
) -> None:
    receive(node, BEFORE)
    receive(node, AFTER)

    with host.quiet():
        assert node.reconciler.reconcile().out_of_sync == frozenset()
