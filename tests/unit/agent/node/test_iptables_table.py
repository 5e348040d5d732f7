from ipaddress import IPv4Network

from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table

FIRST, SECOND, THIRD = Rule("ACCEPT"), Rule("DROP"), Rule("RETURN")


def test_a_tag_depends_on_its_rule_and_its_chain_alone() -> None:
    one = Chain.of("cloudnet-x", None, (FIRST, SECOND, THIRD))
    other = Chain.of("cloudnet-x", None, (SECOND, THIRD))
    elsewhere = Chain.of("cloudnet-y", None, (SECOND, THIRD))

    assert one.tags[1:] == other.tags
    assert set(other.tags).isdisjoint(elsewhere.tags)


def test_chains_are_equal_by_their_tags_in_order() -> None:
    chain = Chain.of("cloudnet-x", None, (FIRST, SECOND))

    assert chain == Chain("cloudnet-x", None, chain.tags)
    assert chain != Chain.of("cloudnet-x", None, (SECOND, FIRST))
    assert chain != Chain.of("cloudnet-x", "INPUT", (FIRST, SECOND))


def test_a_chain_with_a_fault_equals_none_without() -> None:
    right = Chain.of("cloudnet-x", None, (FIRST,))
    faulty = Chain("cloudnet-x", None, right.tags, ("jumped to twice",))

    assert Table("nat", (faulty,)) != Table("nat", (right,))
    assert Table("nat", (faulty,)).faults == ("cloudnet-x: jumped to twice",)


def test_the_note_of_a_rule_follows_its_tag_and_names_a_nat_mapping() -> None:
    noted = Rule("DNAT", note="192.0.2.225 is 10.0.0.3")
    other = Rule("DNAT", note="something else")

    chain = Chain.of("cloudnet-x", None, (noted, other, FIRST))

    assert chain.tags[0].endswith(" 192.0.2.225 is 10.0.0.3")
    assert [str(mapping) for mapping in chain.nat_mappings] == [
        "NAT mapping 192.0.2.225 to 10.0.0.3"
    ]


def test_a_rule_reads_as_iptables_save_prints_it() -> None:
    rule = Rule(
        "SNAT",
        (("to-source", "192.0.2.1"),),
        source=IPv4Network("10.0.0.3/32"),
        out_interface="!eth1",
        protocol="tcp",
        matches=(("tcp", (("dport", "80"),)), ("conntrack", (("ctstate", "!DNAT"),))),
    )

    assert str(rule) == (
        "-s 10.0.0.3/32 ! -o eth1 -p tcp -m tcp --dport 80 -m conntrack ! --ctstate DNAT "
        "-j SNAT --to-source 192.0.2.1"
    )
