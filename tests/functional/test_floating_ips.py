"""Packets through floating IPs: the walks in the comments of firewall/iptables/nat.py."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.wire.objects import FloatingIp, NetworkSnapshot
from tests.fixtures.agent.converge import converge
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.real_node import RealNode
from tests.fixtures.agent.serving import network
from tests.fixtures.agent.wire import ANSWER, Wire, mac_of, plug_guest

OTHER = "22222222-2222-2222-2222-222222222222"
GUEST_MAC = "fa:16:3e:00:00:03"
ROUTER_MAC = "02:00:00:00:00:fe"


def ours() -> NetworkSnapshot:
    """Return 10.0.0.0/22 on br100: vm3 has a floating IP, 10.0.0.6 on the same wire has none."""
    return replace(network(3), floating_ips=(mapping("192.0.2.225", "10.0.0.3"),))


def theirs() -> NetworkSnapshot:
    """Return another project's network, 10.0.4.0/22 on br101, with vm5."""
    return replace(
        network(bridge="br101", address="10.0.4.1"),
        network=OTHER,
        cidr=IPv4Network("10.0.4.0/22"),
        dhcp_start=IPv4Address("10.0.4.3"),
        project="b",
        floating_ips=(mapping("192.0.2.226", "10.0.4.5"),),
    )


def mapping(floating: str, fixed: str) -> FloatingIp:
    return FloatingIp(IPv4Address(floating), IPv4Address(fixed), None)


@pytest.fixture
def wires(host: Host) -> dict[str, Wire]:
    """A gateway of both networks with its public network, and all ends of wires."""
    host.nic("eth1")
    converge(host, ours(), theirs())
    wires = {name: plug_guest(host, name, bridge) for name, bridge in GUESTS.items()}
    host.sh("bridge link set dev tap-vm3 hairpin on")  # as nova-compute plugs a guest
    neighbours = {
        "10.0.0.3": ("br100", GUEST_MAC),
        "10.0.0.6": ("br100", GUEST_MAC),
        "10.0.4.5": ("br101", "fa:16:3e:00:04:05"),
        "192.0.2.1": ("eth1", ROUTER_MAC),
        "192.0.2.227": ("eth1", ROUTER_MAC),
    }
    host.sh("ip address add 192.0.2.10/24 dev eth1; ip route add default via 192.0.2.1")
    for address, (device, mac) in neighbours.items():
        host.sh(f"ip neigh replace {address} lladdr {mac} dev {device} nud permanent")
    return {**wires, "public": Wire("eth1-far", mac_of(host, "eth1"))}


GUESTS = {"vm3": "br100", "vm5": "br101"}


def test_a_wrong_public_interface_leaves_floating_ips_and_nat_as_they_are(host: Host) -> None:
    host.nic("eth0")
    host.nic("eth1")
    right = replace(settings(host.state_path).nat, routing_source_ip=IPv4Address("192.0.2.10"))
    RealNode.on(host, nat=right).receive(ours())
    read = "ip -4 -o address show dev eth1; iptables-legacy-save -t nat | grep -v '^[#:]'"
    before = host.sh(read)
    assert "192.0.2.225/32" in before
    assert "-o eth1 " in before
    wrong = replace(right, public_interface="eth9")

    host.restart_the_agent()
    status = RealNode.on(host, nat=wrong).receive(ours())

    assert host.sh(read) == before
    assert "NIC eth9 is not on this host" in status.faults[0].message
    assert not status.out_of_sync


@pytest.mark.parametrize("bridge_netfilter", [0, 1])
@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        pytest.param(
            "public: 203.0.113.10 > 192.0.2.225", "vm3: 203.0.113.10 > 10.0.0.3", id="from outside"
        ),
        pytest.param(
            "vm3: 10.0.0.3 > 203.0.113.10", "public: 192.0.2.225 > 203.0.113.10", id="to outside"
        ),
        pytest.param("vm3: 10.0.0.3 > 192.0.2.225", "vm3: 192.0.2.225 > 10.0.0.3", id="hairpin"),
        pytest.param(
            "vm3: 10.0.0.3 > 192.0.2.226",
            "vm5: 192.0.2.225 > 10.0.4.5",
            id="a neighbour's floating IP",
        ),
        pytest.param(
            "vm3: 10.0.0.6 > 192.0.2.226",
            "vm5: 10.0.0.6 > 10.0.4.5",
            id="a neighbour's floating IP, from a guest without one",
        ),
        pytest.param(
            "vm3: 10.0.0.3 > 192.0.2.227",
            "public: 192.0.2.225 > 192.0.2.227",
            id="a floating IP on another host",
        ),
    ],
)
def test_a_call_arrives_and_its_answer_comes_back(
    host: Host, wires: dict[str, Wire], sent: str, arrives: str, bridge_netfilter: int
) -> None:
    set_bridge_netfilter(host, bridge_netfilter)
    caller, source, destination = parse(sent)
    called, seen_source, seen_destination = parse(arrives)

    call = wires[caller].passes(source, destination, wires[called])
    answer = wires[called].passes(seen_destination, seen_source, wires[caller], ANSWER)

    assert call == f"{seen_source} > {seen_destination}"
    assert answer == f"{destination} > {source}"


def set_bridge_netfilter(host: Host, value: int) -> None:
    """Have bridged frames meet iptables or not; a kernel without br_netfilter knows the latter."""
    key = "net.bridge.bridge-nf-call-iptables"
    host.sh(f"[ ! -e /proc/sys/net/bridge ] || sysctl -qw {key}={value}")


def parse(text: str) -> tuple[str, str, str]:
    """Return wire, source and destination of ``wire: source > destination``."""
    wire, source, _, destination = text.split()
    return wire.removesuffix(":"), source, destination


def test_a_floating_ip_that_leaves_is_reached_no_more(host: Host, wires: dict[str, Wire]) -> None:
    converge(host, replace(ours(), floating_ips=()), theirs())

    assert wires["public"].passes("203.0.113.10", "192.0.2.225", wires["vm3"]) is None
    assert wires["public"].passes("203.0.113.10", "192.0.2.226", wires["vm5"]) is not None
