"""Projects are kept apart on every host: the packets, not the rules."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from cloudnet.common.wire.objects import NetworkSnapshot
from tests.fixtures.agent.converge import converge
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import network

OTHER = "22222222-2222-2222-2222-222222222222"
OTHER_VM = "10.0.4.5"
OTHER_MAC = "fa:16:3e:00:04:05"
OUTSIDE = "198.51.100.7"
ETH_P_IP = 0x0800


def ours(**changes: object) -> NetworkSnapshot:
    """Return the guest's network, 10.0.0.0/22 on br100, of which this host is not the gateway."""
    return replace(network(3), bridge_interface="eth2", **{"host_address": None} | changes)


def theirs() -> NetworkSnapshot:
    """Return another project's network, 10.0.4.0/22 on br101, of which this host is the gateway."""
    gateway = IPv4Address("10.0.4.1")
    return replace(
        network(bridge="br101", address=str(gateway)),
        network=OTHER,
        cidr=IPv4Network("10.0.4.0/22"),
        dhcp_start=IPv4Address("10.0.4.3"),
        project="b",
    )


@dataclass(frozen=True)
class Wire:
    """The end of a wire: what a guest or an outside host sends and hears."""

    device: str

    def hears(self, sent: "Wire", destination: str, mac: str, source: str = "10.0.0.3") -> bool:
        """Say whether a packet that another end sends to ``destination`` comes out here."""
        with self.opened() as here:
            sent.send(destination, mac, source)
            deadline = time.monotonic() + 0.5
            while (left := deadline - time.monotonic()) > 0:
                here.settimeout(left)
                with contextlib.suppress(TimeoutError):
                    if b"do you hear me" in here.recv(2048):
                        return True
        return False

    def send(self, destination: str, mac: str, source: str) -> None:
        packet = (
            Ether(dst=mac, src="fa:16:3e:00:00:03")
            / IP(src=source, dst=destination)
            / UDP(sport=4000, dport=4000)
            / b"do you hear me"
        )
        with self.opened() as wire:
            wire.send(bytes(packet))

    @contextlib.contextmanager
    def opened(self) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP)) as wire:
            wire.bind((self.device, ETH_P_IP))
            yield wire


@pytest.fixture
def guest(host: Host) -> Iterator[Wire]:
    """A host that routes, with a guest in br100, and where its packets might come out."""
    for nic in ("eth1", "eth2"):
        host.nic(nic)
    converge(host, ours(), theirs())
    for name, bridge in (("vm3", "br100"), ("vm5", "br101")):
        host.sh(
            f"ip link add {name} type veth peer name tap-{name};"
            f"ip link set tap-{name} master {bridge} up; ip link set {name} up"
        )
    host.sh(
        f"ip neigh replace {OTHER_VM} lladdr {OTHER_MAC} dev br101 nud permanent;"
        "ip address add 192.0.2.10/24 dev eth1; ip route add default via 192.0.2.1;"
        "ip neigh replace 192.0.2.1 lladdr 02:00:00:00:00:fe dev eth1 nud permanent;"
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0"
        " net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.br100.rp_filter=0"
    )
    return Wire("vm3")


def bridge_mac(host: Host) -> str:
    return host.sh("ip -br link show br100").split()[2]


WAYS = pytest.mark.parametrize(
    ("destination", "out"),
    [
        pytest.param(OTHER_VM, "vm5", id="another project on this host"),
        pytest.param("10.0.9.9", "eth1-far", id="another project by way of the default route"),
        pytest.param(OUTSIDE, "eth1-far", id="the outside"),
    ],
)


@WAYS
def test_a_host_that_is_not_the_gateway_routes_nothing(
    host: Host, guest: Wire, destination: str, out: str
) -> None:
    assert not Wire(out).hears(guest, destination, bridge_mac(host))

    host.sh("iptables-legacy -F cloudnet-FORWARD")
    assert Wire(out).hears(guest, destination, bridge_mac(host))  # what would be without us


@WAYS
def test_a_guest_left_behind_by_its_network_is_routed_nowhere(
    host: Host, guest: Wire, destination: str, out: str
) -> None:
    converge(host, theirs())  # its bridge stays, since it is in there

    assert not Wire(out).hears(guest, destination, bridge_mac(host))

    host.sh("iptables-legacy -F cloudnet-FORWARD")
    assert Wire(out).hears(guest, destination, bridge_mac(host))


def test_the_gateway_routes_to_the_outside_but_to_no_other_project(host: Host, guest: Wire) -> None:
    converge(host, ours(host_address=IPv4Address("10.0.0.1")), theirs())

    assert Wire("eth1-far").hears(guest, OUTSIDE, bridge_mac(host))
    assert not Wire("vm5").hears(guest, OTHER_VM, bridge_mac(host))


def test_nobody_leaves_in_a_strangers_name(host: Host, guest: Wire) -> None:
    converge(host, ours(host_address=IPv4Address("10.0.0.1")), theirs())

    for stranger in ("10.0.4.5", "192.0.2.10", "198.51.100.1"):
        assert not Wire("eth1-far").hears(guest, OUTSIDE, bridge_mac(host), source=stranger)
    assert Wire("eth1-far").hears(guest, OUTSIDE, bridge_mac(host))


def test_nobody_speaks_to_the_host_in_a_strangers_name(host: Host, guest: Wire) -> None:
    converge(host, ours(host_address=IPv4Address("10.0.0.1")), theirs())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("10.0.0.1", 4000))
        ear.settimeout(0.5)

        guest.send("10.0.0.1", bridge_mac(host), source="10.0.4.5")
        with pytest.raises(TimeoutError):
            ear.recv(64)
        guest.send("10.0.0.1", bridge_mac(host), source="10.0.0.3")

        assert ear.recv(64) == b"do you hear me"
