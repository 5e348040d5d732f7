"""Addresses on bridges and floating IPs on public NICs, on a real kernel."""

import errno
import logging
import socket
from ipaddress import IPv4Address, IPv4Interface

import pytest
from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.addresses import AddressDriver
from cloudnet.agent.drivers.links.arp import build_frames
from cloudnet.agent.drivers.links.netlink import Netlink
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.host import Host

BRIDGE = Bridge("br100", "11111111-1111-1111-1111-111111111111", "fa:16:3e:00:01:00", 1500)
ADDRESS = Address("br100", IPv4Interface("10.0.0.1/22"))
FLOATING = PublicAddress("eth1", IPv4Address("192.0.2.225"))


@pytest.fixture
def gateway(host: Host) -> Host:
    """A host with a public NIC that has an address of its own, and a network's bridge."""
    host.nic("eth1")
    host.sh("ip address add 192.0.2.10/24 dev eth1")
    host.kernel.ensure(BRIDGE)
    return host


def test_the_address_of_a_bridge_is_added_and_read_back_by_a_new_agent(gateway: Host) -> None:
    gateway.kernel.ensure(ADDRESS)

    gateway.restart_the_agent()
    assert gateway.has(ADDRESS)
    # dnsmasq finds it by the bridge's name only if it has no label of its own.
    assert "inet 10.0.0.1/22 brd 10.0.3.255 scope global br100\n" in gateway.sh("ip address")


def test_a_floating_ip_is_added_with_its_label_and_read_back_by_a_new_agent(gateway: Host) -> None:
    gateway.kernel.ensure(FLOATING)

    gateway.restart_the_agent()
    assert gateway.has(FLOATING)
    assert "inet 192.0.2.225/32 brd 192.0.2.225 scope global eth1:cn" in gateway.sh("ip address")


def test_adding_them_again_changes_nothing(gateway: Host) -> None:
    gateway.kernel.ensure(ADDRESS)
    gateway.kernel.ensure(FLOATING)

    with gateway.quiet():
        gateway.kernel.ensure(ADDRESS)
        gateway.kernel.ensure(FLOATING)


def test_the_longest_device_name_gets_a_shortened_label(gateway: Host) -> None:
    floating = PublicAddress("fifteen-letters", IPv4Address("192.0.2.226"))
    gateway.sh("ip link add fifteen-letters type bridge; ip link set fifteen-letters up")

    gateway.kernel.ensure(floating)

    assert gateway.has(floating)
    assert "fifteen-lett:cn" in gateway.sh("ip address")


def test_addresses_of_the_operators_are_no_resources_of_ours(gateway: Host) -> None:
    gateway.sh("ip address add 10.0.0.77/22 dev br100; ip address add 192.0.2.77/32 dev eth1")

    assert not [key for key in gateway.resources() if key.startswith(("address", "floating IP"))]


def test_a_lost_address_is_read_as_absent_and_added_again(gateway: Host) -> None:
    gateway.kernel.ensure(ADDRESS)
    gateway.kernel.ensure(FLOATING)
    gateway.sh("ip address flush dev br100; ip address del 192.0.2.225/32 dev eth1")

    assert not gateway.has(ADDRESS)
    assert not gateway.has(FLOATING)
    gateway.kernel.ensure(ADDRESS)
    gateway.kernel.ensure(FLOATING)

    assert gateway.has(ADDRESS)
    assert gateway.has(FLOATING)


def test_ours_is_added_in_front_of_others_of_its_network(gateway: Host) -> None:
    gateway.sh("ip address add 10.0.0.77/22 dev br100; ip address add 10.0.0.78/22 dev br100")

    gateway.kernel.ensure(ADDRESS)

    assert gateway.has(ADDRESS)
    lines = [line.split()[1] for line in gateway.sh("ip -4 address show br100").splitlines()[1::2]]
    assert lines == ["10.0.0.1/22", "10.0.0.77/22", "10.0.0.78/22"]


class RefusingNetlink(Netlink):
    """A kernel that refuses to add our address."""

    def change_address(self, verb: str, **attributes: object) -> None:
        if verb == "add" and attributes["address"] == str(ADDRESS.interface.ip):
            raise NetlinkError(errno.ENOMEM)
        super().change_address(verb, **attributes)


def test_the_others_of_its_network_stay_if_the_kernel_refuses_ours(gateway: Host) -> None:
    gateway.sh("ip address add 10.0.0.77/22 dev br100; ip address add 10.0.0.78/22 dev br100")
    netlink = RefusingNetlink()

    with pytest.raises(KernelRefused, match="Cannot allocate memory"):
        AddressDriver(netlink, lambda address: None).ensure(ADDRESS, None)

    netlink.close()
    lines = [line.split()[1] for line in gateway.sh("ip -4 address show br100").splitlines()[1::2]]
    assert lines == ["10.0.0.77/22", "10.0.0.78/22"]


def test_an_address_that_is_behind_another_counts_as_absent(gateway: Host) -> None:
    gateway.kernel.ensure(ADDRESS)
    gateway.sh(
        "ip address del 10.0.0.1/22 dev br100; ip address add 10.0.0.77/22 dev br100;"
        "ip address add 10.0.0.1/22 dev br100"
    )
    gateway.kernel.ensure(ADDRESS)  # which is the operator's now

    assert gateway.has(ADDRESS)
    assert "secondary" in gateway.sh("ip address show br100")


def test_the_operators_own_address_is_used_and_never_removed(
    gateway: Host, caplog: pytest.LogCaptureFixture
) -> None:
    floating = PublicAddress("eth1", IPv4Address("192.0.2.77"))
    gateway.sh("ip address add 192.0.2.77/24 dev eth1")

    with caplog.at_level(logging.WARNING), gateway.quiet():
        gateway.kernel.ensure(floating)
        gateway.kernel.ensure(floating)
        assert gateway.has(floating)
        gateway.kernel.remove(floating)

    assert [record.getMessage() for record in caplog.records] == [
        "floating IP 192.0.2.77 on eth1 is the operator's: used as it is, never removed"
    ]
    assert "192.0.2.77/24" in gateway.sh("ip address show eth1")
    assert not gateway.has(floating)


def test_removed_addresses_are_gone_and_others_stay(gateway: Host) -> None:
    before = gateway.sh("ip address show eth1")
    gateway.kernel.ensure(ADDRESS)
    gateway.kernel.ensure(FLOATING)

    for _ in range(2):
        gateway.kernel.remove(FLOATING)
        gateway.kernel.remove(ADDRESS)

    assert gateway.sh("ip address show eth1") == before
    assert not [key for key in gateway.resources() if key.startswith(("address", "floating IP"))]


def test_the_error_about_a_missing_nic_names_those_that_exist(gateway: Host) -> None:
    with pytest.raises(KernelRefused) as refused:
        gateway.kernel.ensure(PublicAddress("eth7", IPv4Address("192.0.2.225")))

    assert str(refused.value) == (
        "floating IP 192.0.2.225 on eth7: there is no eth7; there are: eth1, eth1-far"
    )


def test_a_new_address_is_announced_in_both_forms(gateway: Host) -> None:
    mac = gateway.kernel.read().nics["eth1"].mac
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)) as wire:
        wire.bind(("eth1-far", 0x0806))
        wire.settimeout(2)

        gateway.kernel.ensure(FLOATING)

        assert [wire.recv(64) for _ in range(2)] == list(build_frames(mac, FLOATING.address))


@pytest.mark.parametrize("restarted", [False, True])
def test_an_address_with_another_prefix_length_does_not_stand_in_for_the_networks(
    host: Host, restarted: bool
) -> None:
    """A guest outside of the operator's prefix has a route all the same."""
    host.kernel.ensure(BRIDGE)
    host.sh("ip address add 10.0.0.1/22 dev br100")
    host.kernel.ensure(ADDRESS)
    assert host.has(ADDRESS)  # the operator's

    host.sh("ip address flush dev br100; ip address add 10.0.0.1/24 dev br100")
    if restarted:
        host.restart_the_agent()
    assert not host.has(ADDRESS)
    host.kernel.ensure(ADDRESS)

    assert host.has(ADDRESS)
    assert "dev br100" in host.sh("ip route get 10.0.3.9")
    host.kernel.remove(ADDRESS)
    assert host.sh("ip -br -4 address show br100").split()[2:] == ["10.0.0.1/24"]
