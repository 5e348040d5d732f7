"""Neighbours that have a wrong MAC for an address of the host get the right one at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface

import pytest

from cloudnet.agent.drivers.kernel import LinuxKernel
from cloudnet.agent.drivers.links.arp import build_frames
from cloudnet.agent.drivers.links.netlink import Netlink
from cloudnet.agent.drivers.links.places import FEW, Announcements
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.public_address import PublicAddress
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.real_node import RealNode, can_ping, neighbour
from tests.fixtures.agent.serving import network
from tests.fixtures.agent.wire import mac_of
from tests.fixtures.waiting import wait_for

WRONG = "02:00:00:00:99:99"
FLOATING = PublicAddress("eth1", IPv4Address("192.0.2.225"))
ETH_P_ARP = 0x0806
REPEATED_SECONDS = 1.5  # longer than the first pause


@contextmanager
def guest(host: Host, address: str) -> Iterator[str]:
    """Yield the namespace of a guest in br100."""
    host.nic("tap1")
    host.sh("ip link set tap1 master br100")
    with neighbour(host, "tap1", address) as namespace:
        yield namespace


@pytest.fixture
def beside(host: Host) -> Iterator[tuple[RealNode, list[str]]]:
    """A gateway with a guest in its bridge and another one behind its uplink; both have pinged."""
    host.nic("eth0")
    node = RealNode.on(host)
    node.receive(replace(network(3, 4), bridge_interface="eth0"))
    with guest(host, "10.0.0.3/22") as near, neighbour(host, "eth0", "10.0.0.4/22") as far:
        for namespace in (near, far):
            wait_for(lambda n=namespace: can_ping(n, "10.0.0.1"), f"a ping from {namespace}", 10)
        node.reconciler.reconcile()
        yield node, [near, far]


def known_mac(host: Host, namespace: str) -> str:
    """Return the MAC that a guest has for its gateway; empty: none."""
    words = host.sh(f"ip -n {namespace} neigh show 10.0.0.1").split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else ""


@pytest.mark.parametrize(
    "disturbance",
    [
        pytest.param(f"ip link set br100 address {WRONG}", id="another MAC"),
        pytest.param(f"ip link set br100 down address {WRONG}; ip link set br100 up", id="down"),
        pytest.param(
            f"ip link set br100 address {WRONG}; ip address flush dev br100;"
            "ip address add 10.0.0.1/22 dev br100",
            id="another MAC and the operator's address",
        ),
    ],
)
def test_a_repaired_bridge_mac_is_known_to_guests_before_they_ask_again(
    host: Host, beside: tuple[RealNode, list[str]], disturbance: str
) -> None:
    node, guests = beside
    right = mac_of(host, "br100")
    host.sh(disturbance)
    for namespace in guests:
        host.sh(f"ip -n {namespace} neigh flush all")
        wait_for(lambda n=namespace: can_ping(n, "10.0.0.1"), "a ping to the wrong MAC", 10)
    assert [known_mac(host, each) for each in guests] == [WRONG, WRONG]

    with arp_frames(host, "br100") as list_requests:
        node.reconciler.reconcile()
        wait_for(
            lambda: [known_mac(host, each) for each in guests] == [right, right],
            "the right MAC at both guests",
            5,
            pause=0.01,
        )

        assert list_requests() == []
    # A single packet each: none is lost after the repair.
    for namespace in guests:
        host.sh(f"ip netns exec {namespace} ping -c1 -W1 10.0.0.1")


@contextmanager
def arp_frames(host: Host, device: str) -> Iterator[Callable[[], list[bytes]]]:
    """Yield a function that returns the ARP frames that the device has received since."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP)) as wire:
        wire.bind((device, ETH_P_ARP))
        wire.setblocking(False)

        def receive() -> list[bytes]:
            frames = []
            while True:
                try:
                    frame, address = wire.recvfrom(64)
                except BlockingIOError:
                    return frames
                if address[2] != socket.PACKET_OUTGOING:
                    frames.append(frame[:42])

        yield receive


@pytest.fixture
def public(host: Host) -> Host:
    """A host with a floating IP on its public NIC."""
    host.nic("eth1")
    host.kernel.ensure(FLOATING)
    host.kernel.read()
    return host


def test_a_floating_ip_is_announced_when_its_nic_gets_another_mac(public: Host) -> None:
    with arp_frames(public, "eth1-far") as frames:
        public.sh(f"ip link set eth1 address {WRONG}")
        public.kernel.read()

        expected = list(build_frames(WRONG, FLOATING.address))
        assert wait_for(lambda: frames()[-2:], "the announcement", 5, pause=0.2) == expected


def test_a_restarted_agent_announces_nothing_that_is_where_it_was(public: Host) -> None:
    public.restart_the_agent()

    with arp_frames(public, "eth1-far") as frames:
        public.kernel.read()
        public.kernel.ensure(FLOATING)
        public.kernel.read()
        time.sleep(REPEATED_SECONDS)

        assert frames() == []


def test_an_announcement_is_repeated_until_the_address_is_removed(host: Host) -> None:
    host.nic("eth1")
    kernel = LinuxKernel(settings(host.state_path, gratuitous_arps=100))
    pair = list(build_frames(mac_of(host, "eth1"), FLOATING.address))
    seen: list[bytes] = []
    with arp_frames(host, "eth1-far") as frames:
        try:
            kernel.ensure(FLOATING)
            wait_for(lambda: seen.extend(frames()) or len(seen) >= 4, "two pairs", 10)
            kernel.remove(FLOATING)
            seen += frames()
            time.sleep(2 * REPEATED_SECONDS)

            assert frames() == []
        finally:
            kernel.close()
    assert seen == pair * (len(seen) // 2)


def test_many_devices_are_compared_as_one_is(host: Host) -> None:
    devices = [f"br{number}" for number in range(FEW + 1)]
    for number, device in enumerate(devices):
        uuid = f"11111111-1111-1111-1111-{number:012d}"
        host.kernel.ensure(Bridge(device, uuid, f"fa:16:3e:00:01:0{number}", 1500))
        host.kernel.ensure(Address(device, IPv4Interface(f"10.0.{number}.1/24")))
    together, singly = Recorder(), Recorder()

    Announcements(Netlink(), together).check(devices)
    for device in devices:
        Announcements(Netlink(), singly).check([device])

    assert together.announced == singly.announced
    assert singly.announced[0] == "10.0.0.1 on br0 at fa:16:3e:00:01:00"
    assert len(singly.announced) == len(devices)


@dataclass
class Recorder:
    """An announcer that sends nothing."""

    announced: list[str] = field(default_factory=list)

    def announce(self, device: str, mac: str, address: IPv4Address) -> None:
        self.announced.append(f"{address} on {device} at {mac}")

    def withdraw(self, device: str, address: IPv4Address) -> None:
        pass
