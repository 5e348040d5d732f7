from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from textwrap import dedent

from cloudnet.agent.firewall.renderer import Firewall, FirewallRenderer
from cloudnet.agent.node.resources.iptables_table import CHAIN, LONGEST_CHAIN_NAME, Table
from cloudnet.common.settings.views import HostService, NatSettings
from cloudnet.common.wire.objects import FixedRanges, FloatingIp, NetworkSnapshot, Topology
from tests.fixtures.agent.snapshots import (
    OTHER,
    RANGES,
    bridged_only,
    floating,
    nat_settings,
    network,
    vif,
)
from tests.unit.agent.firewall.packets import Packet, walk


def rendered(
    *networks: NetworkSnapshot,
    settings: NatSettings | None = None,
    ranges: FixedRanges = RANGES,
    orphans: tuple[str, ...] = (),
) -> str:
    """Return the tables as text, a line a rule."""
    firewall = FirewallRenderer(settings or nat_settings()).render(networks, ranges, orphans)
    return "\n".join(lines(firewall.tables))


def lines(tables: Sequence[Table]) -> Iterator[str]:
    for table in tables:
        for chain in table.chains:
            for rule in chain.rules:
                yield f"{table.name} {chain.name} {rule}"


def test_a_host_without_networks_has_no_rules_at_all() -> None:
    assert FirewallRenderer(nat_settings()).render([], RANGES) == Firewall()


def test_the_gateway_of_a_network_forwards_serves_and_translates() -> None:
    assert rendered(network()) == dedent("""\
        filter cloudnet-FORWARD -i br100 -j cloudnet-br100-fwd
        filter cloudnet-FORWARD -o br100 -j cloudnet-guests
        filter cloudnet-FORWARD -o eth1 -j cloudnet-foreign
        filter cloudnet-INPUT -i br100 -j cloudnet-br100-in
        filter cloudnet-INPUT -s 10.0.0.0/22 -i eth1 -j DROP
        filter cloudnet-OUTPUT -o eth1 -p tcp -m tcp --tcp-flags RST RST -m conntrack --ctstate INVALID -j DROP
        filter cloudnet-OUTPUT -s 10.0.0.0/22 -o eth1 -j cloudnet-leave
        filter cloudnet-br100-fwd -i br100 -j cloudnet-br100-iso
        filter cloudnet-br100-fwd -i br100 -o br100 -j ACCEPT
        filter cloudnet-br100-fwd -i br100 -m conntrack --ctstate INVALID -j DROP
        filter cloudnet-br100-fwd -s 10.0.0.0/22 -i br100 -o eth1 -j cloudnet-leave
        filter cloudnet-br100-fwd -s 10.0.0.0/22 -i br100 -j ACCEPT
        filter cloudnet-br100-fwd -i br100 -j DROP
        filter cloudnet-br100-in -i br100 -j cloudnet-br100-iso
        filter cloudnet-br100-in -i br100 -p udp -m udp --dport 67 -j ACCEPT
        filter cloudnet-br100-in -i br100 -m conntrack --ctstate INVALID -j DROP
        filter cloudnet-br100-in -s 10.0.0.0/22 -d 10.0.0.1/32 -i br100 -p udp -m udp --dport 53 -j ACCEPT
        filter cloudnet-br100-in -s 10.0.0.0/22 -d 10.0.0.1/32 -i br100 -p tcp -m tcp --dport 53 -j ACCEPT
        filter cloudnet-br100-in -s 10.0.0.0/22 -d 10.0.0.1/32 -i br100 -p icmp -j RETURN
        filter cloudnet-br100-in -s 10.0.0.0/22 -i br100 -p tcp -m tcp --dport 8775 -m conntrack --ctstate DNAT -j ACCEPT
        filter cloudnet-br100-in -s 10.0.0.0/22 -i br100 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
        filter cloudnet-br100-in -i br100 -j DROP
        filter cloudnet-br100-iso -d 10.0.0.0/22 -i br100 -j RETURN
        filter cloudnet-br100-iso -i br100 -j cloudnet-isolate
        filter cloudnet-foreign -s 10.0.0.0/20 -j cloudnet-public
        filter cloudnet-guests -s 10.0.0.0/20 -j DROP
        filter cloudnet-guests -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        filter cloudnet-guests -m conntrack --ctstate DNAT -j ACCEPT
        filter cloudnet-guests -j DROP
        filter cloudnet-isolate -d 10.0.0.0/20 -m conntrack ! --ctstate DNAT -j DROP
        filter cloudnet-leave -m conntrack ! --ctstatus CONFIRMED -j RETURN
        filter cloudnet-leave -j cloudnet-public
        filter cloudnet-public -m conntrack --ctstate DNAT,SNAT -j RETURN
        filter cloudnet-public -d 172.16.99.108/32 -j RETURN
        filter cloudnet-public -j DROP
        nat cloudnet-OUTPUT -j cloudnet-dnat
        nat cloudnet-POSTROUTING -s 10.0.0.0/22 -j cloudnet-br100-nat
        nat cloudnet-PREROUTING -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j cloudnet-metadata
        nat cloudnet-PREROUTING -j cloudnet-dnat
        nat cloudnet-br100-nat -s 10.0.0.0/22 -d 172.16.99.108/32 -j ACCEPT
        nat cloudnet-br100-nat -s 10.0.0.0/22 -d 10.0.0.0/22 -m conntrack ! --ctstate DNAT -j ACCEPT
        nat cloudnet-br100-nat -s 10.0.0.0/22 -o eth1 -j SNAT --to-source 192.168.99.108
        nat cloudnet-metadata -s 10.0.0.0/22 -p tcp -j DNAT --to-destination 172.16.99.108:8775
        mangle cloudnet-POSTROUTING -p udp -m udp --dport 68 -j cloudnet-dhcp
        mangle cloudnet-dhcp -o br100 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill""")


def test_a_floating_ip_is_mapped_both_ways_and_before_the_general_snat() -> None:
    with_floating = network(vifs=(vif(),), floating_ips=(floating(),))

    text = rendered(with_floating).splitlines()
    new = [line for line in text if line not in rendered(network()).splitlines()]

    assert new == [
        "nat cloudnet-br100-nat -s 10.0.0.0/27 -j cloudnet-src-10.0.0.0",
        "nat cloudnet-dnat -d 192.168.99.224/27 -j cloudnet-dst-192.168.99.224",
        "nat cloudnet-dst-192.168.99.224 -d 192.168.99.225/32 -j DNAT --to-destination 10.0.0.3",
        "nat cloudnet-src-10.0.0.0 ! -o eth1 -m conntrack ! --ctstate DNAT -j RETURN",
        "nat cloudnet-src-10.0.0.0 -s 10.0.0.3/32 -j SNAT --to-source 192.168.99.225",
    ]
    general = next(line for line in text if line.endswith("--to-source 192.168.99.108"))
    assert text.index(new[0]) < text.index(general)


def test_the_nat_mappings_are_those_of_the_rules() -> None:
    firewall = FirewallRenderer(nat_settings()).render(
        [network(floating_ips=(floating(),))], RANGES
    )

    assert [str(mapping) for mapping in firewall.nat_mappings] == [
        "NAT mapping 192.168.99.225 to 10.0.0.3"
    ]


def test_floating_ips_on_several_interfaces_in_one_block_are_tested_one_by_one() -> None:
    second = FloatingIp(IPv4Address("192.168.99.226"), IPv4Address("10.0.0.4"), "eth2")

    text = rendered(network(floating_ips=(floating(), second)))

    assert [line for line in text.splitlines() if line.startswith("nat cloudnet-src")] == [
        "nat cloudnet-src-10.0.0.0 -s 10.0.0.3/32 -m conntrack --ctstate DNAT -j SNAT --to-source 192.168.99.225",
        "nat cloudnet-src-10.0.0.0 -s 10.0.0.4/32 -m conntrack --ctstate DNAT -j SNAT --to-source 192.168.99.226",
        "nat cloudnet-src-10.0.0.0 -s 10.0.0.3/32 -o eth1 -j SNAT --to-source 192.168.99.225",
        "nat cloudnet-src-10.0.0.0 -s 10.0.0.4/32 -o eth2 -j SNAT --to-source 192.168.99.226",
    ]


def test_without_a_public_interface_a_floating_ip_is_the_source_after_a_dnat_only() -> None:
    settings = nat_settings(public_interface=None)

    text = rendered(network(floating_ips=(floating(),)), settings=settings)

    assert "nat cloudnet-src-10.0.0.0 -m conntrack ! --ctstate DNAT -j RETURN" in text


def test_a_host_that_is_not_the_gateway_only_lets_bridged_frames_pass() -> None:
    assert rendered(bridged_only()) == dedent("""\
        filter cloudnet-FORWARD -i br100 -j cloudnet-br100-fwd
        filter cloudnet-FORWARD -o br100 -j cloudnet-guests
        filter cloudnet-INPUT -i br100 -j cloudnet-br100-in
        filter cloudnet-br100-fwd -i br100 -o br100 -j ACCEPT
        filter cloudnet-br100-fwd -i br100 -j DROP
        filter cloudnet-br100-in -i br100 -j cloudnet-br100-iso
        filter cloudnet-br100-in -i br100 -m conntrack --ctstate INVALID -j DROP
        filter cloudnet-br100-in -s 10.0.0.0/22 -i br100 -p tcp -m tcp --dport 8775 -m conntrack --ctstate DNAT -j ACCEPT
        filter cloudnet-br100-in -s 10.0.0.0/22 -i br100 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
        filter cloudnet-br100-in -i br100 -j DROP
        filter cloudnet-br100-iso -d 10.0.0.0/22 -i br100 -j RETURN
        filter cloudnet-br100-iso -i br100 -j cloudnet-isolate
        filter cloudnet-guests -s 10.0.0.0/20 -j DROP
        filter cloudnet-guests -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        filter cloudnet-guests -m conntrack --ctstate DNAT -j ACCEPT
        filter cloudnet-guests -j DROP
        filter cloudnet-isolate -d 10.0.0.0/20 -m conntrack ! --ctstate DNAT -j DROP""")


def test_a_bridge_of_the_operators_is_the_operators_to_route() -> None:
    flat = bridged_only(topology=Topology.FLAT, vlan=None)

    assert rendered(flat) == dedent("""\
        filter cloudnet-FORWARD -i br100 -j cloudnet-br100-fwd
        filter cloudnet-br100-fwd -i br100 -o br100 -j ACCEPT
        filter cloudnet-isolate -d 10.0.0.0/20 -m conntrack ! --ctstate DNAT -j DROP""")


def test_guests_of_a_flat_network_with_a_gateway_here_are_guarded_by_address() -> None:
    text = rendered(network(topology=Topology.FLAT, vlan=None)).splitlines()

    assert "filter cloudnet-FORWARD -o br100 -j cloudnet-br100-to" in text
    assert "filter cloudnet-br100-to -d 10.0.0.0/22 -j cloudnet-guests" in text
    assert "filter cloudnet-br100-fwd -s 10.0.0.0/22 -i br100 -o eth1 -j cloudnet-leave" in text
    assert not [line for line in text if "br100 -j DROP" in line and "-s " not in line]


def test_guests_left_in_the_bridge_of_a_removed_network_reach_nobody_by_this_host() -> None:
    assert rendered(orphans=("br100",)) == dedent("""\
        filter cloudnet-FORWARD -i br100 -j cloudnet-br100-fwd
        filter cloudnet-FORWARD -o br100 -j cloudnet-guests
        filter cloudnet-INPUT -i br100 -j cloudnet-br100-in
        filter cloudnet-br100-fwd -i br100 -o br100 -j ACCEPT
        filter cloudnet-br100-fwd -i br100 -j DROP
        filter cloudnet-br100-in -i br100 -j DROP
        filter cloudnet-guests -s 10.0.0.0/20 -j DROP
        filter cloudnet-guests -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        filter cloudnet-guests -m conntrack --ctstate DNAT -j ACCEPT
        filter cloudnet-guests -j DROP
        filter cloudnet-isolate -d 10.0.0.0/20 -m conntrack ! --ctstate DNAT -j DROP""")


def test_projects_are_kept_apart_before_the_controller_has_sent_ranges() -> None:
    text = rendered(network(), network(OTHER), ranges=FixedRanges(0, ()))

    assert "cloudnet-isolate -d 10.0.0.0/21 -m conntrack ! --ctstate DNAT -j DROP" in text


def test_no_packet_of_a_bridge_is_accepted_before_projects_are_kept_apart() -> None:
    text = rendered(network(), network(OTHER)).splitlines()

    for chain in ("br100-fwd", "br100-in", "br101-fwd", "br101-in"):
        first = next(line for line in text if line.startswith(f"filter cloudnet-{chain} "))
        assert first.endswith("-iso")


def test_a_permitted_zone_is_reached_under_the_guests_own_addresses() -> None:
    text = rendered(network(), settings=nat_settings(dmz_cidr=(IPv4Network("10.128.0.0/24"),)))

    assert "filter cloudnet-isolate -d 10.128.0.0/24 -j RETURN" in text
    assert "nat cloudnet-br100-nat -s 10.0.0.0/22 -d 10.128.0.0/24 -j ACCEPT" in text


def test_nothing_is_translated_without_an_interface_to_leave_by() -> None:
    assert "--to-source" not in rendered(network(), settings=nat_settings(public_interface=None))
    assert "--to-source" not in rendered(network(), settings=nat_settings(routing_source_ip=None))


def test_a_network_without_a_gateway_is_cut_off() -> None:
    text = rendered(network(gateway=None))

    assert "filter cloudnet-br100-fwd -i br100 -j DROP" in text
    assert "filter cloudnet-FORWARD ! -i br100 -o br100 -j DROP" in text


# -- what a change costs ------------------------------------------------------------------------


def many(count: int, floating_ips: int = 0) -> list[NetworkSnapshot]:
    """Return networks br100, br101…, each of 32 addresses."""
    base = int(IPv4Address("10.1.0.0"))
    return [
        network(
            f"00000000-0000-4000-8000-{100 + number:012}",
            bridge=f"br{100 + number}",
            cidr=IPv4Network((base + 32 * number, 27)),
            host_address=IPv4Address(base + 32 * number + 1),
            gateway=IPv4Address(base + 32 * number + 1),
            floating_ips=mappings(floating_ips, base + 32 * number),
        )
        for number in range(count)
    ]


def mappings(count: int, base: int = int(IPv4Address("10.0.0.0"))) -> tuple[FloatingIp, ...]:
    public = IPv4Address("192.168.0.0")
    return tuple(FloatingIp(public + n, IPv4Address(base + 3 + n), None) for n in range(count))


def different(one: Firewall, other: Firewall) -> list[str]:
    """Return the chains that are not the same object in both."""
    old = {(table.name, chain.name): chain for table in one.tables for chain in table.chains}
    return [
        chain.name
        for table in other.tables
        for chain in table.chains
        if old.get((table.name, chain.name)) is not chain
    ]


def test_one_more_floating_ip_changes_two_chains_of_at_most_33_rules() -> None:
    renderer = FirewallRenderer(nat_settings())
    before = renderer.render([network(floating_ips=mappings(900))], RANGES)

    after = renderer.render([network(floating_ips=mappings(901))], RANGES)

    assert different(before, after) == ["cloudnet-dst-192.168.3.128", "cloudnet-src-10.0.3.128"]
    assert len(after.nat_mappings) == 901
    lengths = [len(chain.rules) for table in after.tables for chain in table.chains]
    assert max(lengths) <= 33


def test_one_more_network_leaves_the_chains_of_the_others_as_they_are() -> None:
    renderer = FirewallRenderer(nat_settings())
    before = renderer.render(many(55), FixedRanges(1, (IPv4Network("10.1.0.0/16"),)))

    after = renderer.render(many(56), FixedRanges(1, (IPv4Network("10.1.0.0/16"),)))

    assert different(before, after) == [
        "cloudnet-INPUT",  # the ranges of the host's own networks, collapsed
        "cloudnet-OUTPUT",
        "cloudnet-br155-fwd",
        "cloudnet-br155-in",
        "cloudnet-br155-iso",
        "cloudnet-fwd-br15+",
        "cloudnet-in-br15+",
        "cloudnet-to-br15+",
        "cloudnet-POSTROUTING",
        "cloudnet-br155-nat",
        "cloudnet-metadata",  # the ranges of guests, collapsed
        "cloudnet-dhcp",
    ]


def test_a_new_range_changes_chains_that_all_networks_share() -> None:
    renderer = FirewallRenderer(nat_settings())
    before = renderer.render([network(), network(OTHER)], RANGES)

    after = renderer.render(
        [network(), network(OTHER)], FixedRanges(2, (IPv4Network("10.0.0.0/19"),))
    )

    assert different(before, after) == ["cloudnet-foreign", "cloudnet-guests", "cloudnet-isolate"]


def test_a_packet_meets_a_bounded_number_of_rules_in_a_host_with_many_networks() -> None:
    ranges = FixedRanges(1, (IPv4Network("10.1.0.0/16"),))
    tables = FirewallRenderer(nat_settings()).render(many(200), ranges).tables
    last = many(200)[-1]
    guest, outside = last.cidr[3], IPv4Address("203.0.113.10")

    leaving = Packet(guest, outside, last.bridge, "eth1", state="ESTABLISHED", nat="SNAT")
    answer = Packet(outside, guest, "eth1", last.bridge, state="ESTABLISHED", nat="SNAT")

    out, met_out = walk(tables, "filter", "FORWARD", leaving)
    back, met_back = walk(tables, "filter", "FORWARD", answer)

    assert (out, back) == ("ACCEPT", "ACCEPT")
    assert met_out < 35
    assert met_back < 35


def test_chain_names_fit_the_kernel_and_are_unique_for_the_longest_bridge_names() -> None:
    bridges = ["br" + "x" * 12 + letter for letter in "abcdefghijklmnopqrstuvwxyz"]
    networks = [
        network(f"00000000-0000-4000-8000-{number:012}", bridge=bridge)
        for number, bridge in enumerate(bridges, 100)
    ]

    tables = FirewallRenderer(nat_settings()).render(networks, RANGES).tables

    names = [chain.name for table in tables for chain in table.chains]
    assert max(len(name) for name in names) <= LONGEST_CHAIN_NAME
    assert all(name.startswith(CHAIN) for name in names)
    assert f"{CHAIN}{bridges[0]}-fwd" in names


# -- what the operator permits ------------------------------------------------------------------


def test_a_routed_range_is_reached_and_may_be_seen_outside() -> None:
    text = rendered(network(), settings=nat_settings(routed_ranges=(IPv4Network("10.0.0.0/22"),)))

    assert "filter cloudnet-guests -d 10.0.0.0/22 -j ACCEPT" in text
    assert "filter cloudnet-public -s 10.0.0.0/22 -j RETURN" in text
    assert "filter cloudnet-guests -s 10.0.0.0/22 -j DROP" not in text
    assert "filter cloudnet-guests -s 10.0.4.0/22 -j DROP" in text


def test_where_the_host_does_no_snat_the_operator_routes_what_leaves() -> None:
    text = rendered(network(), settings=nat_settings(routing_source_ip=None))

    assert "cloudnet-leave" not in text
    assert "cloudnet-public" not in text
    assert "filter cloudnet-br100-fwd -i br100 -m conntrack --ctstate INVALID -j DROP" in text


def test_a_network_with_another_router_leaves_a_public_interface_translated_or_not_at_all() -> None:
    text = rendered(network(gateway=IPv4Address("10.0.0.254")))

    assert "filter cloudnet-br100-fwd -s 10.0.0.0/22 -i br100 -o eth1 -j cloudnet-public" in text


def test_services_of_the_host_are_permitted_one_by_one() -> None:
    services = (HostService("tcp", 5000), HostService("udp", 123), HostService(None, None))

    text = rendered(network(), settings=nat_settings(services=services))

    chain = "filter cloudnet-br100-in -s 10.0.0.0/22 -i br100"
    assert f"{chain} -p tcp -m tcp --dport 5000 -j RETURN" in text
    assert f"{chain} -p udp -m udp --dport 123 -j RETURN" in text
    assert f"{chain} -j RETURN" in text


def test_a_bridge_that_is_the_public_interface_is_no_place_without_fixed_addresses() -> None:
    text = rendered(network(), settings=nat_settings(public_interface="br100"))

    assert "cloudnet-leave" not in text


def test_a_range_that_the_host_has_other_addresses_in_is_not_refused_to_it() -> None:
    text = rendered(network(cidr=IPv4Network("192.168.96.0/22")))

    assert "filter cloudnet-INPUT -s" not in text
    assert "cloudnet-OUTPUT -s" not in text
