"""Connections through floating IPs end when the floating IP leaves, on a real kernel."""

import errno
import socket
from ipaddress import IPv4Address

import pytest
from pyroute2.netlink.nfnetlink.nfctsocket import NFCTSocket

from cloudnet.agent.drivers.conntrack import ConntrackDriver
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.agent.node.resources.public_address import PublicAddress
from tests.fixtures.agent.host import Host

FLOATING, FIXED, OTHER = (IPv4Address(a) for a in ("192.0.2.225", "10.0.0.3", "10.0.0.4"))
MAPPING = NatMapping(FLOATING, FIXED)
PUBLIC = PublicAddress("eth1", FLOATING)


@pytest.fixture
def gateway(host: Host) -> Host:
    """A host that has the fixed addresses of its guests itself, and an outside address."""
    host.nic("eth1")
    host.sh(
        "ip address add 10.0.0.3/32 dev lo; ip address add 10.0.0.4/32 dev lo;"
        "ip address add 203.0.113.1/32 dev lo;"
        "iptables-legacy -t nat -A OUTPUT -d 192.0.2.225 -j DNAT --to 10.0.0.3;"
        "iptables-legacy -t nat -A POSTROUTING -s 10.0.0.3 -d 203.0.113.1 -j SNAT --to 192.0.2.225"
    )
    host.kernel.ensure(PUBLIC)
    return host


def connected(host: Host) -> list[str]:
    """Return source and destination of the first packet of each connection."""
    lines = host.sh("conntrack -L 2>/dev/null || true").splitlines()
    words = [line.split() for line in lines]
    return sorted(
        " ".join(
            [next(w for w in line if w.startswith("src=")), next(w for w in line if "dst=" in w)]
        )
        for line in words
    )


def open_both_ways() -> list[socket.socket]:
    """Open a connection to the guest, one from it, and one that has nothing to do with it."""
    server = socket.create_server(("10.0.0.3", 80))
    inward = socket.create_connection(("192.0.2.225", 80))
    outward = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    outward.bind(("10.0.0.3", 5000))
    outward.sendto(b"out", ("203.0.113.1", 9))
    unrelated = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    unrelated.sendto(b"by", ("10.0.0.4", 9))
    return [server, inward, outward, unrelated]


def test_its_connections_are_removed_and_no_others(gateway: Host) -> None:
    opened = open_both_ways()
    assert len(connected(gateway)) == 3

    for _ in range(2):
        gateway.kernel.remove(MAPPING)

    assert connected(gateway) == ["src=10.0.0.4 dst=10.0.0.4"]
    for one in opened:
        one.close()


def test_connections_of_the_floating_ip_with_another_guest_are_kept(gateway: Host) -> None:
    opened = open_both_ways()

    gateway.kernel.remove(NatMapping(FLOATING, OTHER))

    assert len(connected(gateway)) == 3
    for one in opened:
        one.close()


def test_connections_of_protocols_without_ports_are_removed_too(gateway: Host) -> None:
    gateway.sh("ping -c1 -W1 192.0.2.225")
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 132) as sctp:
        sctp.sendto(
            bytes.fromhex("1388 0009 00000000 00000000 01000014" + "00" * 16), (str(FLOATING), 0)
        )
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 47) as gre:
        gre.sendto(bytes(8), (str(FLOATING), 0))
    assert len(connected(gateway)) >= 2

    gateway.kernel.remove(MAPPING)

    assert connected(gateway) == []


def test_all_connections_of_a_floating_ip_are_removed_with_its_address(gateway: Host) -> None:
    opened = open_both_ways()

    gateway.kernel.remove(PUBLIC)

    assert connected(gateway) == ["src=10.0.0.4 dst=10.0.0.4"]
    for one in opened:
        one.close()


def test_a_new_agent_reads_the_mappings_that_only_connections_have(gateway: Host) -> None:
    """Its predecessor was stopped between changing the rules and removing the connections."""
    opened = open_both_ways()
    gateway.sh("iptables-legacy -t nat -F")

    gateway.restart_the_agent()
    assert gateway.has(MAPPING)
    gateway.kernel.remove(MAPPING)

    assert not gateway.has(MAPPING)
    assert connected(gateway) == ["src=10.0.0.4 dst=10.0.0.4"]
    for one in opened:
        one.close()


def test_a_table_that_cannot_be_read_is_not_taken_for_an_empty_one(
    gateway: Host, caplog: pytest.LogCaptureFixture
) -> None:
    opened = open_both_ways()
    failures = [OSError(errno.EPROTONOSUPPORT, "no module"), OSError(errno.EPERM, "not now")]

    def open_socket() -> NFCTSocket:
        if failures:
            raise failures.pop()
        return NFCTSocket()

    driver = ConntrackDriver(open_socket)
    found = [set(driver.read_remains([PUBLIC])) for _ in range(3)]
    driver.close()

    assert found == [set(), set(), {MAPPING}]
    assert [each.levelname for each in caplog.records].count("WARNING") == 2  # other reasons
    for one in opened:
        one.close()


def test_nat_of_others_is_left_alone(gateway: Host) -> None:
    gateway.sh("iptables-legacy -t nat -A OUTPUT -d 198.51.100.1 -j DNAT --to 10.0.0.4")
    gateway.sh("ip address add 198.51.100.1/32 dev lo; ping -c1 -W1 198.51.100.1")

    gateway.restart_the_agent()

    assert {key for key in gateway.resources() if key.startswith("NAT mapping")} == set()


def test_a_host_that_never_had_a_nat_mapping_needs_no_conntrack(host: Host) -> None:
    assert host.resources() == {}
    host.kernel.remove(MAPPING)
