"""Projects are kept apart on every host: the packets, not the rules."""

import socket
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.settings.views import HostService
from cloudnet.common.wire.objects import NetworkSnapshot
from tests.fixtures.agent.converge import converge
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import network
from tests.fixtures.agent.wire import PAYLOAD, Wire, plug_guest

OTHER = "22222222-2222-2222-2222-222222222222"
VM = "10.0.0.3"
OTHER_VM = "10.0.4.5"
OTHER_MAC = "fa:16:3e:00:04:05"
OUTSIDE = "198.51.100.7"


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


@pytest.fixture
def guest(host: Host) -> Wire:
    """A host that routes, with a guest in br100, and where its packets might come out."""
    for nic in ("eth1", "eth2"):
        host.nic(nic)
    converge(host, ours(), theirs())
    guest = plug_guest(host, "vm3", "br100")
    plug_guest(host, "vm5", "br101")
    host.sh(
        f"ip neigh replace {OTHER_VM} lladdr {OTHER_MAC} dev br101 nud permanent;"
        "ip address add 192.0.2.10/24 dev eth1; ip route add default via 192.0.2.1;"
        "ip neigh replace 192.0.2.1 lladdr 02:00:00:00:00:fe dev eth1 nud permanent;"
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0"
        " net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.br100.rp_filter=0"
    )
    return guest


def comes_out(guest: Wire, destination: str, out: str, source: str = VM) -> bool:
    """Return whether what the guest sends comes out of another wire."""
    return guest.passes(source, destination, Wire(out, "")) is not None


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
    assert not comes_out(guest, destination, out)

    host.sh("iptables-legacy -F cloudnet-FORWARD")
    assert comes_out(guest, destination, out)  # what would be without us


@WAYS
def test_a_guest_left_behind_by_its_network_is_routed_nowhere(
    host: Host, guest: Wire, destination: str, out: str
) -> None:
    converge(host, theirs())  # its bridge stays, since it is in there

    assert not comes_out(guest, destination, out)

    host.sh("iptables-legacy -F cloudnet-FORWARD")
    assert comes_out(guest, destination, out)


def test_the_gateway_routes_to_the_outside_but_to_no_other_project(host: Host, guest: Wire) -> None:
    converge(host, ours(host_address=IPv4Address("10.0.0.1")), theirs())

    assert comes_out(guest, OUTSIDE, "eth1-far")
    assert not comes_out(guest, OTHER_VM, "vm5")


def test_nobody_leaves_under_an_address_of_another_network(host: Host, guest: Wire) -> None:
    converge(host, ours(host_address=IPv4Address("10.0.0.1")), theirs())

    for stranger in ("10.0.4.5", "192.0.2.10", "198.51.100.1"):
        assert not comes_out(guest, OUTSIDE, "eth1-far", source=stranger)
    assert comes_out(guest, OUTSIDE, "eth1-far")


def test_nobody_reaches_the_host_under_an_address_of_another_network(
    host: Host, guest: Wire
) -> None:
    permitted = (HostService("udp", 4000),)
    converge(host, ours(host_address=IPv4Address("10.0.0.1")), theirs(), services=permitted)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("10.0.0.1", 4000))
        server.settimeout(0.5)

        guest.send("10.0.4.5", "10.0.0.1")
        with pytest.raises(TimeoutError):
            server.recv(64)
        guest.send(VM, "10.0.0.1")

        assert server.recv(64) == PAYLOAD
