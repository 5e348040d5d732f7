"""Guests of both kinds on a network without cloudnet get a lease and reach each other."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fixtures.waiting import wait_for
from tests.lab.machines.emulated import EmulatedGuest
from tests.lab.machines.guest import Card, Guest
from tests.lab.machines.guest_image import build_image
from tests.lab.machines.host import Host
from tests.lab.machines.light import LightGuest
from tests.lab.machines.namespace import create_namespace

BRIDGE = """
ip link add br0 type bridge forward_delay 0
ip addr add 10.0.0.1/24 dev br0
ip link set br0 up
"""
DNSMASQ = (
    *("dnsmasq", "--keep-in-foreground", "--conf-file=", "--interface=br0", "--port=0"),
    *("--bind-interfaces", "--except-interface=lo", "--leasefile-ro", "--dhcp-authoritative"),
    *("--dhcp-range=10.0.0.2,static,255.255.255.0,600s", "--dhcp-option=option:mtu,1400"),
    *("--dhcp-host=02:00:00:00:00:02,light,10.0.0.2", "--log-facility=-"),
    *("--dhcp-host=02:00:00:00:00:03,emulated,10.0.0.3",),
)


@pytest.fixture(scope="module")
def guests(lab: Host, directory: Path) -> Iterator[tuple[Guest, Guest]]:
    with ExitStack() as stack:
        node = stack.enter_context(create_namespace("node", lab))
        node.sh(BRIDGE)
        server = node.start(*DNSMASQ)
        server.wait_until(lambda: "DHCP" in server.output, "start of the DHCP server", 20)
        both = (
            LightGuest("light", node, [Card("tap2", "02:00:00:00:00:02", "br0")]),
            EmulatedGuest(
                "emulated",
                node,
                [Card("tap3", "02:00:00:00:00:03", "br0")],
                build_image(directory),
            ),
        )
        for guest in both:
            guest.create_links()
            node.run("ip", "link", "set", guest.cards[0].link, "master", "br0", "up")
            guest.power_on()
        for guest in both:
            guest.wait_until_up()
        yield both
        for guest in both:
            guest.power_off()
        assert node.run("ls", "/sys/class/net/br0/brif") == ""
        server.kill()


@pytest.fixture(params=[0, 1], ids=["light", "emulated"])
def guest(request: pytest.FixtureRequest, guests: tuple[Guest, Guest]) -> Guest:
    return guests[request.param]


def test_a_guest_reports_its_first_lease(guest: Guest) -> None:
    lease = guest.leases[0]

    assert (lease.name, lease.prefix, lease.router) == (guest.name, 24, "10.0.0.1")
    assert (lease.seconds, lease.mtu, lease.discovers) == (600, "1400", 1)


def test_guests_ping_each_other(guests: tuple[Guest, Guest]) -> None:
    light, emulated = guests

    light.ping(emulated)
    emulated.ping(light)


def test_an_unanswered_ping_counts_as_lost(guest: Guest) -> None:
    assert str(guest.pings("10.0.0.9", count=2)) == "0 of 2 pings answered"


def test_can_connect_distinguishes_an_open_port_from_a_closed_one(
    guests: tuple[Guest, Guest],
) -> None:
    light, emulated = guests
    for guest in guests:
        guest.serve_echo(7000)

    wait_for(lambda: light.can_connect(emulated.address, 7000), "the echo", timeout=20)
    wait_for(lambda: emulated.can_connect(light.address, 7000), "the echo", timeout=20)

    assert not light.can_connect(emulated.address, 7001)
    assert not emulated.can_connect(light.address, 7001)


def test_commands_in_a_guest_run_side_by_side(guest: Guest) -> None:
    slow = guest.start("sleep 2; echo slow")

    assert guest.run("echo quick") == guest.run("echo quick")
    assert slow.status is None
    slow.wait()
    assert "slow" in slow.output


def test_a_command_in_a_guest_can_be_ended(guest: Guest) -> None:
    running = guest.start("ping -q 10.0.0.1 | cat")

    running.end()

    assert running.wait() != 0


def test_a_failing_command_is_reported_with_its_output(guest: Guest) -> None:
    with pytest.raises(AssertionError, match=rf"{guest.name}\$ ls /nowhere: status 1: .*nowhere"):
        guest.run("ls /nowhere")
