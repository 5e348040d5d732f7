"""What passes between a public wire and guests: the packets, not the rules."""

import socket
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from cloudnet.common.wire.objects import FloatingIp, NetworkSnapshot
from tests.fixtures.agent.converge import RANGES, converge
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.odd_packets import odd_packets
from tests.fixtures.agent.serving import network
from tests.fixtures.agent.wire import ANSWER, Wire, mac_of, plug_guest

OTHER = "22222222-2222-2222-2222-222222222222"
GUEST_MAC, ROUTER_MAC = "fa:16:3e:00:00:03", "02:00:00:00:00:fe"
MAPPED, PLAIN, OTHER_VM = "10.0.0.3", "10.0.0.6", "10.0.4.5"  # PLAIN has no floating IP
GATEWAY, OTHER_GATEWAY = "10.0.0.1", "10.0.4.1"
FLOATING, HOST = "192.0.2.225", "192.0.2.10"
OUTSIDE, STRANGER = "203.0.113.10", "203.0.113.66"


def ours() -> NetworkSnapshot:
    """Return 10.0.0.0/22 on br100."""
    mapping = FloatingIp(IPv4Address(FLOATING), IPv4Address(MAPPED), None)
    return replace(network(3), floating_ips=(mapping,))


def theirs() -> NetworkSnapshot:
    """Return another project's network, 10.0.4.0/22 on br101."""
    return replace(
        network(bridge="br101", address=OTHER_GATEWAY),
        network=OTHER,
        cidr=IPv4Network("10.0.4.0/22"),
        dhcp_start=IPv4Address("10.0.4.3"),
        project="b",
    )


@pytest.fixture
def wires(host: Host) -> dict[str, Wire]:
    """A gateway between a public network on eth1, a management network on eth0 and two bridges."""
    for nic in ("eth0", "eth1"):
        host.nic(nic)
    converge(host, ours(), theirs())
    wires = {"vm3": plug_guest(host, "vm3", "br100"), "vm5": plug_guest(host, "vm5", "br101")}
    host.sh(
        f"ip address add {HOST}/24 dev eth1; ip route add default via 192.0.2.1;"
        "ip address add 172.16.99.108/24 dev eth0;"
        "for name in all default eth0 eth1 br100 br101; do"
        " sysctl -qw net.ipv4.conf.$name.rp_filter=0; done"
    )
    for address, device, mac in (
        (MAPPED, "br100", GUEST_MAC),
        (PLAIN, "br100", GUEST_MAC),
        (OTHER_VM, "br101", "fa:16:3e:00:04:05"),
        ("192.0.2.1", "eth1", ROUTER_MAC),
    ):
        host.sh(f"ip neigh replace {address} lladdr {mac} dev {device} nud permanent")
    for nic in ("eth0", "eth1"):
        wires[nic] = Wire(f"{nic}-far", mac_of(host, nic))
    return wires


def sources(frames: list[Ether]) -> set[str]:
    return {frame[IP].src for frame in frames if IP in frame}


def fixed(frames: list[Ether]) -> list[str]:
    """Return the packets that come from a fixed address."""
    ranges = RANGES.ranges
    return [
        frame[IP].summary()
        for frame in frames
        if IP in frame and any(IPv4Address(frame[IP].src) in each for each in ranges)
    ]


def calls(source: str, destination: str) -> list[Packet]:
    """Return packets that begin connections."""
    ip = IP(src=source, dst=destination)
    return [
        ip / UDP(sport=5000, dport=53),
        ip / TCP(sport=5000, dport=80, flags="S"),
        ip / TCP(sport=5001, dport=80, flags="A"),  # its beginning was before a restart
        ip / ICMP(type="echo-request", id=5),
    ]


# -- from guests to the public wire -------------------------------------------------------------


@pytest.mark.parametrize(("guest", "seen"), [(MAPPED, FLOATING), (PLAIN, HOST)])
def test_nothing_leaves_under_a_fixed_address(
    host: Host, wires: dict[str, Wire], guest: str, seen: str
) -> None:
    odd = [*odd_packets(guest, OUTSIDE).values()]

    assert fixed(wires["eth1"].sees(wires["vm3"], odd)) == []
    assert sources(wires["eth1"].sees(wires["vm3"], calls(guest, OUTSIDE))) == {seen}

    host.sh("iptables-legacy -F cloudnet-FORWARD")
    assert len(fixed(wires["eth1"].sees(wires["vm3"], odd))) > 5  # what would be without us


def test_what_belongs_to_a_connection_leaves_under_the_floating_ip(wires: dict[str, Wire]) -> None:
    for flags in ("S", "SA", "A"):
        client = flags != "SA"
        ends = {"src": OUTSIDE, "dst": FLOATING} if client else {"src": MAPPED, "dst": OUTSIDE}
        ports = {"sport": 6000, "dport": 22} if client else {"sport": 22, "dport": 6000}
        numbers = {"seq": 100 + (flags == "A"), "ack": 501} if client else {"seq": 500, "ack": 101}
        if flags == "S":
            numbers = {"seq": 100}
        packet = IP(**ends) / TCP(**ports, **numbers, flags=flags)
        sender, receiver = ("eth1", "vm3") if client else ("vm3", "eth1")
        assert len(tcp(wires[receiver].sees(wires[sender], [packet]))) == 1
    reset = IP(src=MAPPED, dst=OUTSIDE) / TCP(sport=22, dport=6000, seq=501, flags="R")

    assert sources(tcp(wires["eth1"].sees(wires["vm3"], [reset]))) == {FLOATING}


@pytest.mark.parametrize(("guest", "seen"), [(MAPPED, FLOATING), (PLAIN, HOST)])
def test_the_host_resets_no_connection_of_a_guest(
    wires: dict[str, Wire], guest: str, seen: str
) -> None:
    def send(sender: str, receiver: str, flags: str, **numbers: int) -> list[Ether]:
        ends = {"src": guest, "dst": OUTSIDE} if sender == "vm3" else {"src": OUTSIDE, "dst": seen}
        ports = {"sport": 6000, "dport": 80} if sender == "vm3" else {"sport": 80, "dport": 6000}
        packet = IP(**ends) / TCP(**ports, **numbers, flags=flags, window=1000)
        return tcp(wires[receiver].sees(wires[sender], [packet]))

    assert len(send("vm3", "eth1", "S", seq=100)) == 1
    assert len(send("eth1", "vm3", "SA", seq=500, ack=101)) == 1
    assert len(send("vm3", "eth1", "A", seq=101, ack=501)) == 1

    assert send("eth1", "eth1", "PA", seq=500_000, ack=101) == []  # outside of the window
    assert len(send("eth1", "vm3", "PA", seq=501, ack=101)) == 1


def test_the_host_resets_what_is_its_own(wires: dict[str, Wire]) -> None:
    call = IP(src=STRANGER, dst=HOST) / TCP(sport=6000, dport=81, flags="S")

    answers = tcp(wires["eth1"].sees(wires["eth1"], [call]))

    assert [str(frame[TCP].flags) for frame in answers] == ["RA"]


def tcp(frames: list[Ether]) -> list[Ether]:
    return [frame for frame in frames if TCP in frame]


def test_a_connection_from_before_its_nat_is_cut_off(host: Host, wires: dict[str, Wire]) -> None:
    stream = [IP(src=PLAIN, dst=OUTSIDE) / UDP(sport=5000, dport=53)]
    host.sh("iptables-legacy -t nat -F cloudnet-POSTROUTING")
    assert sources(wires["eth1"].sees(wires["vm3"], stream)) == {PLAIN}

    converge(host, ours(), theirs())

    assert fixed(wires["eth1"].sees(wires["vm3"], stream)) == []


def test_the_host_does_not_answer_there_from_its_addresses_in_bridges(
    wires: dict[str, Wire],
) -> None:
    to_gateway = [*calls(STRANGER, GATEWAY), *odd_packets(STRANGER, GATEWAY).values()]

    assert fixed(wires["eth1"].sees(wires["eth1"], to_gateway)) == []
    assert HOST in sources(wires["eth1"].sees(wires["eth1"], calls(STRANGER, HOST)))


# -- from the public wire to guests -------------------------------------------------------------


@pytest.mark.parametrize("wire", ["eth0", "eth1"])
@pytest.mark.parametrize("source", [STRANGER, "172.16.99.1", OTHER_VM, PLAIN, "10.0.9.9"])
def test_nobody_outside_reaches_a_fixed_address(
    host: Host, wires: dict[str, Wire], wire: str, source: str
) -> None:
    packets = [*calls(source, MAPPED), *odd_packets(source, MAPPED).values()]

    assert source not in sources(wires["vm3"].sees(wires[wire], packets))

    host.sh("iptables-legacy -F cloudnet-FORWARD")
    assert source in sources(wires["vm3"].sees(wires[wire], packets))  # what would be without us


@pytest.mark.parametrize("source", [OTHER_VM, PLAIN, "10.0.9.9", GATEWAY])
def test_nobody_outside_uses_a_floating_ip_under_a_fixed_address(
    wires: dict[str, Wire], source: str
) -> None:
    frames = wires["vm3"].sees(wires["eth1"], [*calls(STRANGER, FLOATING)])
    forged = wires["vm3"].sees(wires["eth1"], [*calls(source, FLOATING)])

    assert sources(tcp(frames)) == {STRANGER}
    assert tcp(forged) == []


def test_an_error_of_the_host_about_a_guest_names_no_fixed_address(wires: dict[str, Wire]) -> None:
    packets = [*calls(STRANGER, FLOATING)]
    for packet in packets:
        packet.ttl = 1  # it ends between public interface and bridge

    frames = wires["eth1"].sees(wires["eth1"], packets)

    assert any(ICMP in frame for frame in frames)
    assert fixed(frames) == []
    assert all(IPv4Address(MAPPED).packed not in bytes(frame) for frame in frames if IP in frame)


def test_nobody_outside_reaches_the_metadata_service_by_its_address_for_guests(
    wires: dict[str, Wire],
) -> None:
    call = [IP(src=STRANGER, dst="169.254.169.254") / TCP(sport=5000, dport=80, flags="S")]
    with socket.create_server(("", 8775)):
        answers = tcp(wires["eth1"].sees(wires["eth1"], call))

    assert "169.254.169.254" not in sources(answers)


def test_answers_come_back_to_a_guest(wires: dict[str, Wire]) -> None:
    assert wires["vm3"].passes(PLAIN, OUTSIDE, wires["eth1"]) == f"{HOST} > {OUTSIDE}"

    answer = wires["eth1"].passes(OUTSIDE, HOST, wires["vm3"], ANSWER)

    assert answer == f"{OUTSIDE} > {PLAIN}"


def test_a_permitted_zone_and_guests_reach_each_other_under_their_own_addresses(
    host: Host, wires: dict[str, Wire]
) -> None:
    converge(host, ours(), theirs(), dmz_cidr=(IPv4Network("203.0.113.0/26"),))

    assert wires["eth1"].passes(OUTSIDE, PLAIN, wires["vm3"]) == f"{OUTSIDE} > {PLAIN}"
    assert wires["vm3"].passes(PLAIN, OUTSIDE, wires["eth1"], ANSWER) == f"{PLAIN} > {OUTSIDE}"
    assert wires["eth1"].passes(STRANGER, PLAIN, wires["vm3"]) is None


def test_guests_of_a_routed_range_are_reached_under_their_own_addresses(
    host: Host, wires: dict[str, Wire]
) -> None:
    converge(host, ours(), theirs(), routed_ranges=(IPv4Network("10.0.0.0/22"),))

    assert wires["eth1"].passes(STRANGER, PLAIN, wires["vm3"]) == f"{STRANGER} > {PLAIN}"
    assert wires["vm3"].passes(PLAIN, STRANGER, wires["eth1"], ANSWER) == f"{PLAIN} > {STRANGER}"
    assert wires["eth1"].passes(STRANGER, OTHER_VM, wires["vm5"]) is None
    assert wires["eth1"].passes(OTHER_VM, PLAIN, wires["vm3"]) is None
    odd = [*odd_packets(PLAIN, OUTSIDE).values()]
    assert fixed(wires["eth1"].sees(wires["vm3"], odd)) == []
