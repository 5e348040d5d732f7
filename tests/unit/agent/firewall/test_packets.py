"""What happens to packets, whatever the rules look like: a table of cases, one runner."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.common.wire.objects import FixedRanges, FloatingIp, Topology
from tests.fixtures.agent.snapshots import RANGES, bridged_only, nat_settings, network
from tests.unit.agent.firewall.packets import Packet, walk

PLACES = {
    "vm3": "10.0.0.3",  # in br100, of which the host is the gateway; floating IP 192.0.2.225
    "vm4": "10.0.0.4",  # in br100; floating IPs 192.0.2.227 on eth1 and 192.0.2.228 on eth2
    "vm6": "10.0.0.6",  # in br100, without a floating IP
    "vm5": "10.0.4.5",  # in br101, of another project, the host is its gateway
    "vm7": "10.0.8.7",  # in br102, which the host only bridges
    "vm8": "10.0.12.8",  # in br103, a network without a gateway
    "vm9": "10.0.16.9",  # in flat0, a bridge of the operator's
    "orphan": "10.0.20.3",  # in br105, whose network was removed
    "far": "10.0.15.200",  # a fixed address on another host
    "zone": "10.128.0.5",  # in dmz_cidr
    "outside": "203.0.113.10",
    "host": "10.0.0.1",
    "metadata": "169.254.169.254",
    "api": "172.16.99.108",  # where the metadata service is
    "f225": "192.0.2.225",
    "f226": "192.0.2.226",  # of vm5
}

NETWORKS = [
    network(
        floating_ips=(
            FloatingIp(IPv4Address("192.0.2.225"), IPv4Address(PLACES["vm3"]), None),
            FloatingIp(IPv4Address("192.0.2.227"), IPv4Address(PLACES["vm4"]), None),
            FloatingIp(IPv4Address("192.0.2.228"), IPv4Address(PLACES["vm4"]), "eth2"),
        )
    ),
    network(
        "00000000-0000-4000-8000-000000000101",
        floating_ips=(FloatingIp(IPv4Address("192.0.2.226"), IPv4Address(PLACES["vm5"]), None),),
    ),
    bridged_only("00000000-0000-4000-8000-000000000102"),
    network("00000000-0000-4000-8000-000000000103", gateway=None),
    bridged_only(
        "00000000-0000-4000-8000-000000000104", topology=Topology.FLAT, vlan=None, bridge="flat0"
    ),
]
SETTINGS = nat_settings(dmz_cidr=(IPv4Network("10.128.0.0/24"),))
RANGES_AND_ZONE = FixedRanges(1, (*RANGES.ranges, IPv4Network("10.128.0.0/16")))
TABLES = FirewallRenderer(SETTINGS).render(NETWORKS, RANGES_AND_ZONE, ["br105"]).tables


STATES = {"ESTABLISHED", "RELATED", "INVALID"}


def verdict(table: str, hook: str, case: str) -> str:
    """Return the verdict on a packet like ``vm3 > outside br100 > eth1 tcp:80 dnat``."""
    source, _, destination, came_in_by, _, goes_out_by, *more = case.split()
    protocol, _, port = next((word for word in more if ":" in word), "icmp").partition(":")
    packet = Packet(
        IPv4Address(PLACES[source]),
        IPv4Address(PLACES[destination]),
        None if came_in_by == "-" else came_in_by,
        None if goes_out_by == "-" else goes_out_by,
        protocol,
        int(port) if port else None,
        next((word for word in more if word in STATES), "NEW"),
        "DNAT" if "dnat" in more else "SNAT" if "snat" in more else "",
    )
    return walk(TABLES, table, hook, packet)[0] or "-"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("vm3 > outside br100 > eth1", "ACCEPT"),
        ("vm3 > vm6 br100 > br100", "ACCEPT"),
        # from elsewhere than a bridge: answers, NAT mappings and permitted zones
        ("outside > vm3 eth1 > br100", "DROP"),
        ("outside > vm3 eth0 > br100", "DROP"),
        ("outside > vm3 eth1 > br100 INVALID", "DROP"),
        ("outside > vm3 eth1 > br100 ESTABLISHED snat", "ACCEPT"),
        ("outside > vm3 eth1 > br100 RELATED snat", "ACCEPT"),
        ("outside > vm3 eth1 > br100 dnat", "ACCEPT"),
        ("zone > vm3 eth1 > br100", "ACCEPT"),
        ("vm5 > vm3 eth1 > br100 dnat", "DROP"),
        ("far > vm3 eth0 > br100 ESTABLISHED", "DROP"),
        ("vm9 > vm3 flat0 > br100", "DROP"),
        ("vm9 > vm3 flat0 > br100 dnat", "ACCEPT"),
        # no fixed address leaves by a public interface: eth1, and eth2 of a floating IP
        ("vm3 > outside br100 > eth1 INVALID", "DROP"),
        ("vm3 > outside br100 > eth0 INVALID", "DROP"),
        ("vm3 > outside br100 > eth1 ESTABLISHED", "DROP"),
        ("vm3 > outside br100 > eth2 ESTABLISHED", "DROP"),
        ("vm3 > outside br100 > eth1 ESTABLISHED snat", "ACCEPT"),
        ("vm3 > outside br100 > eth1 ESTABLISHED dnat", "ACCEPT"),
        ("vm3 > zone br100 > eth1 ESTABLISHED", "ACCEPT"),
        ("vm3 > api br100 > eth1 ESTABLISHED", "ACCEPT"),
        ("vm3 > outside br100 > eth0 ESTABLISHED", "ACCEPT"),
        ("far > outside eth0 > eth1", "DROP"),
        ("far > api eth0 > eth1", "-"),
        # projects are kept apart, except through a floating IP and for permitted zones
        ("vm3 > vm5 br100 > br101", "DROP"),
        ("vm3 > far br100 > eth1", "DROP"),
        ("vm3 > vm5 br100 > br101 dnat", "ACCEPT"),
        ("vm5 > vm3 br101 > br100 dnat", "ACCEPT"),
        ("vm3 > zone br100 > eth0", "ACCEPT"),
        # nobody leaves under an address that is not of its network
        ("vm5 > outside br100 > eth1", "DROP"),
        ("outside > outside br100 > eth1", "DROP"),
        # nothing is routed from a network that the host only bridges, but frames pass
        ("vm7 > outside br102 > eth1", "DROP"),
        ("vm7 > vm3 br102 > br100 dnat", "DROP"),
        ("vm7 > vm7 br102 > br102", "ACCEPT"),
        ("far > vm7 br102 > br102", "ACCEPT"),
        ("outside > vm7 eth1 > br102", "DROP"),
        # a network without a gateway is cut off
        ("vm8 > outside br103 > eth1", "DROP"),
        ("vm8 > vm8 br103 > br103", "DROP"),
        ("outside > vm8 eth1 > br103", "DROP"),
        ("vm3 > vm8 br100 > br103 dnat", "DROP"),
        # the operator's bridge is the operator's to route
        ("vm9 > vm9 flat0 > flat0", "ACCEPT"),
        ("vm9 > outside flat0 > eth1", "-"),
        # guests of a removed network reach nobody by this host
        ("orphan > outside br105 > eth1", "DROP"),
        ("orphan > orphan br105 > br105", "ACCEPT"),
        ("outside > orphan eth1 > br105", "DROP"),
        # what does not concern us is left to others
        ("outside > api eth1 > eth0", "-"),
    ],
)
def test_forwarding(case: str, expected: str) -> None:
    assert verdict("filter", "FORWARD", case) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("vm3 > host br100 > - udp:67", "ACCEPT"),
        ("outside > host br100 > - udp:67", "ACCEPT"),  # a client that has no address yet
        ("vm3 > host br100 > - udp:53", "ACCEPT"),
        ("vm3 > host br100 > - tcp:53", "ACCEPT"),
        ("outside > host br100 > - udp:53", "DROP"),
        ("vm3 > host br100 > - tcp:22", "DROP"),
        ("vm3 > host br100 > - tcp:22 ESTABLISHED", "-"),  # the host's own firewall decides
        ("vm3 > host br100 > -", "-"),
        ("vm3 > host br100 > - INVALID", "DROP"),
        ("vm3 > api br100 > -", "DROP"),
        ("vm3 > api br100 > - udp:53", "DROP"),
        ("vm3 > api br100 > - tcp:8775", "DROP"),
        ("vm5 > host br100 > - tcp:22", "DROP"),
        ("vm5 > host br101 > - tcp:22", "DROP"),  # a fixed address of another network
        ("vm3 > api br100 > - tcp:8775 dnat", "ACCEPT"),
        ("vm7 > host br102 > - udp:67", "DROP"),
        ("vm7 > api br102 > - tcp:22", "DROP"),
        ("orphan > api br105 > - tcp:22", "DROP"),
        ("vm9 > host flat0 > - tcp:22", "-"),
        ("outside > host eth1 > - tcp:22", "-"),
        ("vm3 > api eth1 > - tcp:22", "DROP"),
        ("vm3 > api eth0 > - tcp:22", "-"),
        ("vm9 > api eth1 > - tcp:22", "-"),
    ],
)
def test_packets_to_the_host(case: str, expected: str) -> None:
    assert verdict("filter", "INPUT", case) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("host > outside - > eth1", "-"),  # the nat table follows
        ("host > outside - > eth1 ESTABLISHED snat", "-"),
        ("host > outside - > eth1 ESTABLISHED", "DROP"),
        ("host > outside - > eth1 INVALID", "DROP"),
        ("host > outside - > eth0 ESTABLISHED", "-"),
        ("host > vm3 - > br100 ESTABLISHED", "-"),
        ("api > outside - > eth1 ESTABLISHED", "-"),
    ],
)
def test_packets_of_the_host(case: str, expected: str) -> None:
    assert verdict("filter", "OUTPUT", case) == expected


@pytest.mark.parametrize(
    ("hook", "case", "expected"),
    [
        ("PREROUTING", "outside > f225 eth1 > - tcp:22", "DNAT 10.0.0.3"),
        ("PREROUTING", "vm3 > f225 br100 > - tcp:22", "DNAT 10.0.0.3"),  # hairpin
        ("PREROUTING", "vm3 > f226 br100 > - tcp:22", "DNAT 10.0.4.5"),
        ("PREROUTING", "vm3 > metadata br100 > - tcp:80", "DNAT 172.16.99.108:8775"),
        ("PREROUTING", "vm3 > metadata br100 > - tcp:443", "-"),
        ("PREROUTING", "vm7 > metadata br102 > - tcp:80", "-"),  # its gateway has the service
        ("PREROUTING", "outside > metadata eth1 > - tcp:80", "-"),
        ("PREROUTING", "vm3 > outside br100 > - tcp:80", "-"),
        ("OUTPUT", "host > f225 - > lo", "DNAT 10.0.0.3"),
        ("OUTPUT", "host > metadata - > eth0 tcp:80", "-"),
    ],
)
def test_destinations(hook: str, case: str, expected: str) -> None:
    assert verdict("nat", hook, case) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("vm3 > outside - > eth1", "SNAT 192.0.2.225"),
        ("vm6 > outside - > eth1", "SNAT 192.168.99.108"),
        ("vm3 > outside - > eth0", "-"),  # not by the public interface
        ("vm3 > vm3 - > br100 dnat", "SNAT 192.0.2.225"),  # hairpin
        ("vm3 > vm5 - > br101 dnat", "SNAT 192.0.2.225"),  # a neighbour's floating IP
        ("vm6 > vm5 - > br101 dnat", "-"),
        ("vm3 > vm6 - > br100", "ACCEPT"),
        ("vm3 > api - > eth0 dnat", "ACCEPT"),
        ("vm3 > zone - > eth1", "ACCEPT"),
        # two floating IPs on two interfaces: each for its own, the first for the rest
        ("vm4 > outside - > eth1", "SNAT 192.0.2.227"),
        ("vm4 > outside - > eth2", "SNAT 192.0.2.228"),
        ("vm6 > outside - > eth2", "SNAT 192.168.99.108"),
        ("vm4 > vm5 - > br101 dnat", "SNAT 192.0.2.227"),
        ("vm7 > outside - > eth1", "-"),
        ("outside > vm3 - > br100 dnat", "-"),
    ],
)
def test_sources(case: str, expected: str) -> None:
    assert verdict("nat", "POSTROUTING", case) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("host > vm3 - > br100 udp:68", "CHECKSUM "),
        ("host > vm3 - > br100 udp:67", "-"),
        ("host > vm7 - > br102 udp:68", "-"),
    ],
)
def test_checksums(case: str, expected: str) -> None:
    assert verdict("mangle", "POSTROUTING", case) == expected
