from ipaddress import IPv4Network
from textwrap import dedent

import pytest

from cloudnet.agent.firewall.policy import nat_mappings, tables
from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table
from cloudnet.common.settings.views import NatSettings
from cloudnet.common.wire.objects import FixedRanges, NetworkSnapshot, Topology
from tests.fixtures.agent.snapshots import (
    OTHER,
    RANGES,
    bridged_only,
    floating,
    nat_settings,
    network,
    vif,
)


def desired(
    *networks: NetworkSnapshot,
    settings: NatSettings | None = None,
    ranges: FixedRanges = RANGES,
    held: tuple[str, ...] = (),
) -> str:
    """Return the tables as text, a line a rule."""
    made = tables(networks, ranges, settings or nat_settings(), held)
    return "\n".join(
        f"{table.name} {chain.name} {rule}"
        for table in made
        for chain in table.chains
        for rule in chain.rules
    )


def test_a_node_without_networks_has_no_rules_at_all() -> None:
    assert tables([], RANGES, nat_settings()) == []


def test_the_gateway_of_a_network_forwards_serves_and_translates() -> None:
    assert (
        desired(network())
        == dedent("""\
        filter cloudnet-FORWARD -j cloudnet-isolate
        filter cloudnet-FORWARD -i br100 -o br100 -j ACCEPT
        filter cloudnet-FORWARD -s 10.0.0.0/22 -i br100 -j ACCEPT
        filter cloudnet-FORWARD -i br100 -j DROP
        filter cloudnet-FORWARD -o br100 -j ACCEPT
        filter cloudnet-INPUT -j cloudnet-isolate
        filter cloudnet-INPUT -i br100 -p udp -m udp --dport 67 -j ACCEPT
        filter cloudnet-INPUT -s 10.0.0.0/22 -i br100 -p udp -m udp --dport 53 -j ACCEPT
        filter cloudnet-INPUT -s 10.0.0.0/22 -i br100 -p tcp -m tcp --dport 53 -j ACCEPT
        filter cloudnet-INPUT -s 10.0.0.0/22 -i br100 -j RETURN
        filter cloudnet-INPUT -i br100 -j DROP
        filter cloudnet-isolate -d 10.0.0.0/22 -i br100 -j RETURN
        filter cloudnet-isolate -d 10.0.0.0/20 -i br100 -m conntrack ! --ctstate DNAT -j DROP
        nat cloudnet-POSTROUTING -s 10.0.0.0/22 -d 172.16.99.108/32 -j ACCEPT
        nat cloudnet-POSTROUTING -s 10.0.0.0/22 -d 10.0.0.0/22 -m conntrack ! --ctstate DNAT -j ACCEPT
        nat cloudnet-POSTROUTING -j cloudnet-float-snat
        nat cloudnet-POSTROUTING -j cloudnet-snat
        nat cloudnet-PREROUTING -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.16.99.108:8775
        nat cloudnet-snat -s 10.0.0.0/22 -o eth1 -j SNAT --to-source 192.168.99.108
        mangle cloudnet-POSTROUTING -o br100 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill""")
    )


def test_a_floating_ip_is_translated_both_ways_and_before_the_general_snat() -> None:
    with_floating = network(vifs=(vif(),), floating_ips=(floating(),))

    new = [line for line in desired(with_floating).splitlines() if line not in desired(network())]

    assert new == [
        "nat cloudnet-OUTPUT -d 192.168.99.225/32 -j DNAT --to-destination 10.0.0.3",
        "nat cloudnet-POSTROUTING -s 10.0.0.3/32 -m conntrack --ctstate DNAT -j SNAT --to-source 192.168.99.225",
        "nat cloudnet-PREROUTING -d 192.168.99.225/32 -j DNAT --to-destination 10.0.0.3",
        "nat cloudnet-float-snat -s 10.0.0.3/32 -o eth1 -j SNAT --to-source 192.168.99.225",
    ]
    assert [str(resource) for resource in nat_mappings([with_floating])] == [
        "NAT mapping 192.168.99.225 to 10.0.0.3"
    ]


def test_a_host_that_is_not_the_gateway_only_lets_bridged_frames_pass() -> None:
    assert desired(bridged_only()) == dedent("""\
        filter cloudnet-FORWARD -i br100 -o br100 -j ACCEPT
        filter cloudnet-FORWARD -j cloudnet-isolate
        filter cloudnet-FORWARD -i br100 -j DROP
        filter cloudnet-INPUT -j cloudnet-isolate
        filter cloudnet-INPUT -s 10.0.0.0/22 -i br100 -j RETURN
        filter cloudnet-INPUT -i br100 -j DROP
        filter cloudnet-isolate -d 10.0.0.0/22 -i br100 -j RETURN
        filter cloudnet-isolate -d 10.0.0.0/20 -i br100 -m conntrack ! --ctstate DNAT -j DROP""")


def test_a_bridge_of_the_operators_is_the_operators_to_route() -> None:
    flat = bridged_only(topology=Topology.FLAT, vlan=None)

    assert desired(flat) == dedent("""\
        filter cloudnet-FORWARD -j cloudnet-isolate
        filter cloudnet-FORWARD -i br100 -o br100 -j ACCEPT
        filter cloudnet-INPUT -j cloudnet-isolate""")


def test_guests_left_in_the_bridge_of_a_network_that_is_gone_reach_nobody_by_this_host() -> None:
    assert desired(held=("br100",)) == dedent("""\
        filter cloudnet-FORWARD -i br100 -o br100 -j ACCEPT
        filter cloudnet-FORWARD -j cloudnet-isolate
        filter cloudnet-FORWARD -i br100 -j DROP
        filter cloudnet-INPUT -j cloudnet-isolate
        filter cloudnet-INPUT -i br100 -j DROP
        filter cloudnet-isolate -d 10.0.0.0/20 -i br100 -m conntrack ! --ctstate DNAT -j DROP""")


@pytest.mark.parametrize("flip", [False, True])
def test_where_packets_come_from_is_judged_before_where_they_go(flip: bool) -> None:
    pair = [network(), bridged_only(OTHER)]
    lines = desired(*(reversed(pair) if flip else pair)).splitlines()

    assert lines.index("filter cloudnet-FORWARD -i br101 -j DROP") < lines.index(
        "filter cloudnet-FORWARD -o br100 -j ACCEPT"
    )


def test_projects_are_kept_apart_before_the_controller_has_told_of_ranges() -> None:
    text = desired(network(), network(OTHER), ranges=FixedRanges(0, ()))

    for bridge in ("br100", "br101"):
        assert f"-d 10.0.0.0/21 -i {bridge} -m conntrack ! --ctstate DNAT -j DROP" in text


def test_no_packet_is_accepted_before_projects_are_kept_apart() -> None:
    forward = next(
        chain
        for table in tables([network(), network(OTHER)], RANGES, nat_settings())
        for chain in table.chains
        if chain.name == "cloudnet-FORWARD"
    )

    assert forward.rules[0] == Rule("cloudnet-isolate")


def test_a_demilitarised_zone_is_reached_as_oneself_and_kept_open() -> None:
    settings = nat_settings(dmz_cidr=(IPv4Network("10.128.0.0/24"),))

    assert "filter cloudnet-isolate -d 10.128.0.0/24 -i br100 -j RETURN" in desired(
        network(), settings=settings
    )
    assert "nat cloudnet-POSTROUTING -s 10.0.0.0/22 -d 10.128.0.0/24 -j ACCEPT" in desired(
        network(), settings=settings
    )


def test_nothing_is_translated_without_an_interface_to_leave_by() -> None:
    assert "cloudnet-snat -s" not in desired(
        network(), settings=nat_settings(public_interface=None)
    )
    assert "cloudnet-snat -s" not in desired(
        network(), settings=nat_settings(routing_source_ip=None)
    )


def test_a_network_without_a_gateway_is_cut_off() -> None:
    text = desired(network(gateway=None))

    assert "filter cloudnet-FORWARD -i br100 -j DROP" in text
    assert "filter cloudnet-FORWARD -o br100 -j DROP" in text


def test_a_tag_depends_on_every_rule_before_it() -> None:
    first, second, third = Rule("ACCEPT"), Rule("DROP"), Rule("RETURN")

    one = Chain.of("cloudnet-x", None, (first, second, third))
    other = Chain.of("cloudnet-x", None, (first, third, third))

    assert one.tags[0] == other.tags[0]
    assert one.tags[2] != other.tags[2]
    assert one == Chain("cloudnet-x", None, one.tags)
    assert Table("nat", (one,)) != Table("nat", (other,))
