"""Forged messages that end the lease of a living guest, and what is left of them after a pass."""

from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from cloudnet.agent.node.resources.dnsmasq import Dnsmasq
from cloudnet.agent.node.resources.lease import Lease
from tests.fixtures.agent.dhcp_guest import DECLINE, RELEASE, Guest
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import BRIDGE_MAC, guest, network, serve, served
from tests.fixtures.waiting import wait_for

SERVER, VM3 = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.3")
LEASE = Lease("br100", VM3, guest(3).mac)
CLIENT_ID = 61
FAULTS = {
    DECLINE: ("10.0.0.3 declined by fa:16:3e:00:00:04",),
    RELEASE: ("10.0.0.3 released by fa:16:3e:00:00:04",),
}


@pytest.fixture
def vm3(host: Host) -> Iterator[Guest]:
    serve(host, network(3, 4))
    with Guest(host, "br100", guest(3).mac) as made:
        yield made


@pytest.fixture
def vm4(host: Host, vm3: Guest) -> Iterator[Guest]:
    """Return a neighbour of vm3, on a host that the agent has read."""
    host.resources()
    with Guest(host, "br100", guest(4).mac) as made:
        yield made


def read_faults(host: Host) -> tuple[str, ...]:
    found = host.resources()["dnsmasq br100"]
    assert isinstance(found, Dnsmasq)
    return found.faults


def repair(host: Host) -> None:
    """Do what a reconcile pass does about it."""
    wait_for(host.kernel.has_drifted, "the message to be noticed", 2)
    assert read_faults(host)
    host.kernel.ensure(served(host, network(3, 4)))
    wait_for(lambda: host.has(LEASE), "the lease", 2)


@pytest.mark.parametrize("kind", [DECLINE, RELEASE])
def test_a_lease_that_a_neighbour_ends_is_restored_and_the_guest_renews(
    host: Host, vm3: Guest, vm4: Guest, kind: int
) -> None:
    vm3.boot()
    before = host.dnsmasq_pids()[0]
    assert not host.kernel.has_drifted()

    vm4.forge(kind, guest(3).mac, VM3, SERVER)
    wait_for(lambda: not host.files("br100").leases.read_text(), "dnsmasq to remove it", 2)
    wait_for(host.kernel.has_drifted, "the message to be noticed", 2)

    assert read_faults(host) == FAULTS[kind]
    repair(host)
    assert host.has(served(host, network(3, 4)))
    assert not host.kernel.has_drifted()
    host.sh(f"ip neigh replace 10.0.0.3 lladdr {guest(3).mac} dev br100")
    assert [each.kind for each in vm3.renew(VM3, SERVER, BRIDGE_MAC)] == ["ack"]
    assert vm3.boot().address == VM3
    assert host.dnsmasq_pids()[0] == before


@pytest.mark.parametrize(
    "first", [{}, {55: b"\1"}, {12: b"a", CLIENT_ID: b"\1another"}], ids=["usual", "list", "id"]
)
def test_an_address_that_was_declined_without_a_lease_is_offered(
    host: Host, vm3: Guest, vm4: Guest, first: dict[int, bytes]
) -> None:
    vm4.forge(DECLINE, guest(3).mac, VM3, SERVER, first)
    wait_for(host.kernel.has_drifted, "the message to be noticed", 2)
    assert vm3.discover() == []

    repair(host)

    assert vm3.boot().address == VM3


def test_messages_about_no_guest_of_the_host_change_nothing(
    host: Host, vm3: Guest, vm4: Guest
) -> None:
    desired = served(host, network(3, 4))
    vm4.forge(DECLINE, guest(9).mac, IPv4Address("10.0.0.9"), SERVER)
    wait_for(host.kernel.has_drifted, "the message to be noticed", 2)

    assert host.has(desired)
    assert not host.kernel.has_drifted()


def test_the_agents_own_releases_are_no_news(host: Host, vm3: Guest) -> None:
    vm3.boot()
    host.resources()

    host.kernel.remove(LEASE)

    assert not host.kernel.has_drifted()
    assert read_faults(host) == ()


def test_requests_of_guests_wake_nobody(host: Host, vm3: Guest) -> None:
    host.resources()

    vm3.boot()
    vm3.reboot(VM3)

    assert not host.kernel.has_drifted()
