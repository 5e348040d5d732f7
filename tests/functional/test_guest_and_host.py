"""What a guest can do to its host: the frames, not the rules."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet
from scapy.utils6 import in6_mactoifaceid

from cloudnet.common.settings.views import HostService
from cloudnet.common.wire.objects import NetworkSnapshot
from tests.fixtures.agent.converge import converge
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import network
from tests.fixtures.agent.wire import Wire, plug_guest

OTHER = "22222222-2222-2222-2222-222222222222"
GUEST, GUEST_MAC = "10.0.0.3", "fa:16:3e:00:00:03"
GATEWAY, OTHER_GATEWAY = "10.0.0.1", "10.0.4.1"
PUBLIC, MANAGEMENT = "192.0.2.10", "172.16.99.108"
METADATA = "169.254.169.254"
ARP_REPLY = 2
BROADCAST = "ff:ff:ff:ff:ff:ff"


def theirs() -> NetworkSnapshot:
    return replace(
        network(bridge="br101", address=OTHER_GATEWAY),
        network=OTHER,
        cidr=IPv4Network("10.0.4.0/22"),
        dhcp_start=IPv4Address("10.0.4.3"),
        project="b",
    )


def prepare(host: Host, ours: NetworkSnapshot, **changes: object) -> Wire:
    """Make a host with addresses on eth0 and eth1, and a guest of a network of its own."""
    host.nic("eth0")
    host.nic("eth1")
    host.sh(
        f"ip address add {MANAGEMENT}/24 dev eth0; ip address add {PUBLIC}/24 dev eth1;"
        "ip route add default via 192.0.2.1"
    )
    converge(host, ours, theirs(), **changes)
    guest = plug_guest(host, "vm3", "br100")
    host.sh(f"ip neigh replace {GUEST} lladdr {GUEST_MAC} dev br100 nud permanent")
    return guest


@pytest.fixture
def guest(host: Host) -> Wire:
    """A guest whose gateway the host is."""
    return prepare(host, network(3))


def bridged() -> NetworkSnapshot:
    """Return the network as a host has it that only bridges its frames."""
    return replace(network(3), host_address=None)


@contextlib.contextmanager
def listening(*ports: int) -> Iterator[None]:
    """Listen on these TCP ports, at all addresses of the host."""
    with contextlib.ExitStack() as stack:
        for port in ports:
            family = socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET
            stack.enter_context(
                socket.create_server(("", port), family=family, dualstack_ipv6=socket.has_ipv6)
            )
        yield


def opened(guest: Wire, *targets: tuple[str, int], source: str = GUEST) -> set[tuple[str, int]]:
    """Return which services answer a SYN of the guest."""
    syns = [
        IP(src=source, dst=address) / TCP(sport=20000 + n, dport=port, flags="S", seq=1)
        for n, (address, port) in enumerate(targets)
    ]
    return {
        (frame[IP].src, frame[TCP].sport)
        for frame in guest.sees(guest, syns)
        if TCP in frame and frame[TCP].flags == "SA" and frame[IP].dst == source
    }


def pinged(guest: Wire, *addresses: str) -> set[str]:
    """Return which addresses answer a ping of the guest."""
    pings = [IP(src=GUEST, dst=address) / ICMP(id=9) for address in addresses]
    return {frame[IP].src for frame in guest.sees(guest, pings) if ICMP in frame}


# -- IPv4 ---------------------------------------------------------------------------------------


def test_a_guest_reaches_the_metadata_service_and_no_other_port(guest: Wire) -> None:
    ports = (22, 80, 4000, 8775)
    addresses = (GATEWAY, OTHER_GATEWAY, PUBLIC, MANAGEMENT, METADATA)

    with listening(*ports):
        found = opened(guest, *((address, port) for address in addresses for port in ports))

    assert found == {(METADATA, 80)}


def test_a_guest_pings_its_gateway_and_no_other_address_of_the_host(guest: Wire) -> None:
    assert pinged(guest, GATEWAY, OTHER_GATEWAY, PUBLIC, MANAGEMENT) == {GATEWAY}


def test_a_guest_asks_the_name_server_of_its_network(guest: Wire) -> None:
    question = DNSQR(qname="version.bind", qtype="TXT", qclass="CH")
    questions = [
        IP(src=GUEST, dst=address) / UDP(sport=5353) / DNS(qd=question)
        for address in (GATEWAY, PUBLIC, MANAGEMENT, OTHER_GATEWAY)
    ]

    answers = [frame for frame in guest.sees(guest, questions) if DNS in frame]

    assert [(frame[IP].src, frame[DNS].ancount) for frame in answers] == [(GATEWAY, 1)]


def test_a_host_calls_its_guests(host: Host, guest: Wire) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.bind((GATEWAY, 4000))
        caller.sendto(b"hello", (GUEST, 5000))
        caller.settimeout(2)

        guest.send(GUEST, GATEWAY, (5000, 4000))

        assert caller.recv(64)


def test_the_operator_permits_a_service(host: Host) -> None:
    permitted = (HostService("tcp", 5000), HostService("udp", 123))
    guest = prepare(host, network(3), services=permitted)

    with listening(22, 123, 5000):
        found = opened(guest, (PUBLIC, 5000), (GATEWAY, 5000), (PUBLIC, 22), (GATEWAY, 123))

    assert found == {(PUBLIC, 5000), (GATEWAY, 5000)}


def test_the_operator_permits_all_services(host: Host) -> None:
    guest = prepare(host, network(3), services=(HostService(None, None),))

    with listening(22):
        assert opened(guest, (PUBLIC, 22)) == {(PUBLIC, 22)}
        assert opened(guest, (PUBLIC, 22), source="10.0.4.5") == set()


def test_a_host_that_only_bridges_a_network_answers_its_guests_nothing(host: Host) -> None:
    guest = prepare(host, bridged())
    targets = [(address, port) for address in (PUBLIC, MANAGEMENT) for port in (22, 53, 8775)]

    with listening(22, 8775):
        assert opened(guest, *targets) == set()
    assert pinged(guest, PUBLIC, MANAGEMENT) == set()


# -- ARP and IPv6 -------------------------------------------------------------------------------


def requests(*addresses: str, source: str = GUEST) -> list[Packet]:
    return [
        Ether(dst=BROADCAST, src=GUEST_MAC) / ARP(hwsrc=GUEST_MAC, psrc=source, pdst=address)
        for address in addresses
    ]


def answered(guest: Wire, asked: list[Packet]) -> set[str]:
    return {
        frame[ARP].psrc
        for frame in guest.sees(guest, asked)
        if ARP in frame and frame[ARP].op == ARP_REPLY
    }


@pytest.mark.parametrize("source", [GUEST, "0.0.0.0", "192.0.2.66"])
def test_the_host_answers_arp_for_its_address_in_the_bridge_alone(guest: Wire, source: str) -> None:
    asked = requests(GATEWAY, OTHER_GATEWAY, PUBLIC, MANAGEMENT, "127.0.0.1", source=source)

    assert answered(guest, asked) <= {GATEWAY}
    assert answered(guest, requests(GATEWAY)) == {GATEWAY}


def test_a_host_that_only_bridges_a_network_answers_no_arp(host: Host) -> None:
    guest = prepare(host, bridged())

    assert answered(guest, requests(GATEWAY, OTHER_GATEWAY, PUBLIC, MANAGEMENT)) == set()


def test_the_host_asks_by_arp_from_its_address_in_the_bridge_alone(host: Host, guest: Wire) -> None:
    host.sh("ip neigh del 10.0.0.3 dev br100; ip address add 10.0.1.77/32 dev eth1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller, guest.opened(3) as wire:
        caller.bind((PUBLIC, 0))
        caller.sendto(b"hello", ("10.0.0.9", 5000))
        wire.settimeout(2)
        frame = Ether(wire.recv(2048))
        while ARP not in frame or frame[ARP].pdst != "10.0.0.9":
            frame = Ether(wire.recv(2048))

    assert frame[ARP].psrc == GATEWAY


def ipv6_calls(mac: str) -> list[Packet]:
    """Return what a guest sends to find hosts on its link and to use them."""
    link_local = f"fe80::{in6_mactoifaceid(mac)}".lower()
    source = "fe80::f816:3eff:fe00:3"
    to_host = Ether(dst=mac, src=GUEST_MAC) / IPv6(src=source, dst=link_local)
    to_all = Ether(dst="33:33:00:00:00:01", src=GUEST_MAC) / IPv6(
        src=source, dst="ff02::1", hlim=255
    )
    prefix = ICMPv6NDOptPrefixInfo(prefix="fd00:66::", prefixlen=64)
    return [
        to_all / ICMPv6ND_RA() / prefix,
        to_all / ICMPv6EchoRequest(),
        to_all / ICMPv6ND_NS(tgt=link_local) / ICMPv6NDOptSrcLLAddr(lladdr=GUEST_MAC),
        to_host / ICMPv6EchoRequest(),
        to_host / TCP(sport=7000, dport=22, flags="S"),
    ]


def answers_ipv6(guest: Wire) -> bool:
    frames = guest.sees(guest, ipv6_calls(guest.gateway_mac))
    return any(IPv6 in frame and frame.src == guest.gateway_mac for frame in frames)


@pytest.mark.parametrize("ours", [network(3), bridged()], ids=["gateway", "bridged only"])
def test_the_host_has_no_ipv6_for_its_guests(host: Host, ours: NetworkSnapshot) -> None:
    guest = prepare(host, ours)
    assert not answers_ipv6(guest)

    host.sh("sysctl -qw net.ipv6.conf.br100.disable_ipv6=0")
    assert answers_ipv6(guest)  # what would be without us
    converge(host, ours, theirs())

    assert not answers_ipv6(guest)
