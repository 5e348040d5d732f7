"""What is the host's own stays reachable, whichever network the controller sends: packets."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.wire.objects import NetworkSnapshot, Topology
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.real_node import RealNode, can_ping, neighbour
from tests.fixtures.agent.serving import network

OWN = "192.168.99.108"
OTHER = "22222222-2222-2222-2222-222222222222"


def on_br201() -> NetworkSnapshot:
    return network(3, bridge="br201")


@pytest.fixture
def router(host: Host) -> Iterator[str]:
    """A host whose own address and default route are on the operator's br201, and its router."""
    host.nic("eth1")
    with neighbour(host, "eth1", "192.168.99.1/24") as router:
        host.sh(
            "ip link add br201 type bridge; ip link set eth1 master br201; ip link set br201 up;"
            f"ip address add {OWN}/24 dev br201; ip route add default via 192.168.99.1"
        )
        assert can_ping(router, OWN)
        yield router


def node(host: Host) -> RealNode:
    """Return an agent that takes br201 and eth1 for guests, as a wrong configuration has it."""
    nat = replace(settings(host.state_path).nat, public_interface="br201")
    return RealNode.on(host, flat_interface="eth1", nat=nat)


def test_a_network_on_the_operators_bridge_gets_no_rule_and_the_host_is_reached(
    host: Host, router: str
) -> None:
    status = node(host).receive(on_br201())

    assert [fault.message for fault in status.faults] == [
        (
            "network private: bridge br201 exists, is not cloudnet's and carries "
            f"the address {OWN}/24 on br201; give the network another bridge"
        )
    ]
    assert "br201" not in host.sh("iptables-legacy-save")
    assert can_ping(router, OWN)


@pytest.mark.parametrize(
    ("script", "carried"),
    [
        ("ip address add 2001:db8::1/64 dev br201 nodad", "the address 2001:db8::1/64"),
        ("ip route add 203.0.113.0/24 dev br201", "the route to 203.0.113.0/24 on br201"),
        ("ip link add over0 link br201 type macvlan", "over0 (a macvlan on top of it)"),
    ],
)
def test_a_bridge_that_the_operator_uses_without_an_ipv4_address_stays_his(
    host: Host, script: str, carried: str
) -> None:
    host.nic("eth1")
    host.sh(
        "ip link add br201 type bridge; ip link set br201 up;"
        f"ip link add container type veth peer name c0; ip link set c0 master br201 up; {script}"
    )
    look = (
        "ip -o address show br201 scope global; ip route; ip -br link show br201 | awk '{print $3}'"
    )
    before = host.sh(look)

    status = node(host).receive(on_br201())

    assert [fault.message for fault in status.faults] == [
        (
            f"network private: bridge br201 exists, is not cloudnet's and carries {carried}; give "
            "the network another bridge"
        )
    ]
    assert "br201" not in host.sh("iptables-legacy-save")
    assert host.sh(look) == before


def test_a_bridge_of_ours_that_gets_the_hosts_address_refuses_packets_of_guests_alone(
    host: Host,
) -> None:
    host.nic("eth1")
    agent = RealNode.on(host, flat_interface="eth1")
    agent.receive(on_br201())
    with neighbour(host, "eth1", "192.168.99.1/24") as router:
        host.sh(f"ip address add {OWN}/24 dev br201")
        assert not can_ping(router, OWN)

        status = agent.reconciler.reconcile()

        assert can_ping(router, OWN)
    assert [fault.message for fault in status.faults] == [
        (
            f"bridge br201: it carries the address {OWN}/24 on br201, which the host needs, so "
            "only packets from 10.0.0.0/22 are refused there; move them to another link"
        )
    ]
    assert [applied.network for applied in status.applied] == [on_br201().network]


def test_a_flat_network_on_the_hosts_own_bridge_does_not_stop_what_the_host_forwards(
    host: Host, router: str
) -> None:
    flat = replace(on_br201(), topology=Topology.FLAT, gateway=None)
    host.nic("eth2")
    with neighbour(host, "eth2", "172.16.0.2/24") as inside:
        host.sh(
            "ip address add 172.16.0.1/24 dev eth2; sysctl -qw net.ipv4.ip_forward=1;"
            f"ip -n {inside} route add default via 172.16.0.1;"
            f"ip -n {router} route add 172.16.0.0/24 via {OWN}"
        )
        node(host).receive(flat)

        assert can_ping(router, OWN)
        assert can_ping(router, "172.16.0.2")
        assert can_ping(inside, "192.168.99.1")


def test_an_orphan_with_guests_that_carries_the_hosts_address_cuts_nothing_off(
    host: Host,
) -> None:
    host.nic("eth1")
    host.kernel.ensure(Bridge("br201", OTHER, "fa:16:3e:00:01:00", 1500))
    with neighbour(host, "eth1", "192.168.99.1/24") as router:
        host.sh(f"ip link set eth1 master br201; ip address add {OWN}/24 dev br201")
        other = replace(
            network(bridge="br300", address="10.0.4.1"),
            cidr=IPv4Network("10.0.4.0/22"),
            dhcp_start=IPv4Address("10.0.4.3"),
        )

        RealNode.on(host).receive(other)

        assert "cloudnet-br300-in" in host.sh("iptables-legacy-save")
        assert can_ping(router, OWN)


def test_a_network_that_has_the_nic_gets_its_next_guest_after_a_later_network_asked_for_it(
    host: Host,
) -> None:
    host.nic("eth1")
    older = replace(network(3, bridge="br-old"), network=OTHER)
    agent = RealNode.on(host, flat_interface="eth1")
    agent.receive(older)

    later = network(bridge="br-new", address="10.0.4.1")
    agent.receive(replace(later, dhcp_start=IPv4Address("10.0.4.3")))
    status = agent.receive(replace(older, revision=2, vifs=network(3, 4).vifs))

    assert "master br-old" in host.sh("ip link show eth1")
    assert len(list(host.files("br-old").hosts.iterdir())) == 2
    assert [(each.network, each.revision) for each in status.applied] == [(OTHER, 2)]


def test_a_range_of_the_hosts_own_is_refused_from_the_controller_and_from_disk(
    host: Host,
) -> None:
    host.nic("eth0")
    own = replace(
        network(address="172.16.99.1", bridge="br201"),
        cidr=IPv4Network("172.16.99.0/24"),
        dhcp_start=IPv4Address("172.16.99.3"),
    )
    with neighbour(host, "eth0", "172.16.99.1/24") as broker:
        host.sh("ip address add 172.16.99.108/24 dev eth0")

        asked = RealNode.on(host).receive(own)
        from_disk = RealNode.on(host).reconciler.reconcile()
        ranges = [f"{each.address} {each.device}" for each in asked.reported_ranges or ()]

        assert can_ping(broker, "172.16.99.108")
    why = (
        "its range 172.16.99.0/24 overlaps the address 172.16.99.108/24 on eth0, which is not "
        "cloudnet's; give the network another range"
    )
    assert [fault.message for fault in asked.faults] == [f"network private: {why}"]
    assert from_disk.faults == asked.faults
    assert ranges == ["172.16.99.108 eth0"]
    assert "br201" not in host.sh("ip link; ip address; iptables-legacy-save")


@pytest.mark.parametrize(
    ("connected", "named"),
    [
        ("ip route add 10.0.1.0/24 dev eth0", "the route to 10.0.1.0/24 on eth0"),
        ("ip address add 10.0.3.9/32 dev lo", "10.0.3.9/32 on lo"),
        ("ip link add docker0 type bridge; ip address add 10.0.0.1/16 dev docker0", "10.0.0.1/16"),
    ],
)
def test_whatever_the_host_reaches_without_a_gateway_is_its_own(
    host: Host, connected: str, named: str
) -> None:
    host.nic("eth0")
    host.sh(f"{connected}; ip route add default dev eth0")

    status = RealNode.on(host).receive(on_br201())

    assert named in status.faults[0].message
    assert "br201" not in host.sh("ip link")


def test_a_network_that_is_served_stays_when_the_operator_adds_its_range_elsewhere(
    host: Host,
) -> None:
    host.nic("eth0")
    agent = RealNode.on(host)
    agent.receive(on_br201())
    host.sh("ip address add 10.0.0.9/24 dev eth0")

    status = agent.reconciler.reconcile()

    assert "10.0.0.1/22" in host.sh("ip address show dev br201")
    assert "overlaps the address 10.0.0.9/24 on eth0" in status.faults[0].message
    assert [each.network for each in status.applied] == [on_br201().network]


def test_a_range_with_the_brokers_address_is_refused_wherever_the_broker_is(host: Host) -> None:
    rpc = replace(settings(host.state_path).rpc, transport_url="rabbit://a:b@10.0.2.5:5672/")

    status = RealNode.on(host, rpc=rpc).receive(on_br201())

    assert "overlaps the broker's address 10.0.2.5, " in status.faults[0].message
    assert "br201" not in host.sh("ip link")
