"""Jumps by interface, grouped so that a packet meets few rules, and the chains that are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.firewall.iptables.chain_cache import ChainCache
from cloudnet.agent.firewall.iptables.dispatch import (
    LONGEST_LIST,
    coming_from,
    dispatch,
    going_to,
)
from cloudnet.agent.node.resources.iptables_table import Rule, Table


def targets_of(*interfaces: str) -> dict[str, str]:
    return {interface: f"target-{interface}" for interface in interfaces}


def build(*interfaces: str) -> tuple[tuple[Rule, ...], Table]:
    cache = ChainCache("filter")
    rules = dispatch(cache, "fwd", targets_of(*interfaces), coming_from)
    return rules, cache.collect()


def follow(rules: tuple[Rule, ...], table: Table, interface: str) -> tuple[list[str], int]:
    """Return the targets that a packet reaches, and how many rules it meets on its way."""
    chains = {chain.name: chain for chain in table.chains}
    reached: list[str] = []
    met = 0
    for rule in rules:
        met += 1
        pattern = rule.in_interface or ""
        is_group = pattern.endswith("+")
        if not (interface.startswith(pattern[:-1]) if is_group else interface == pattern):
            continue
        if rule.target in chains:
            further, more = follow(chains[rule.target].rules, table, interface)
            reached += further
            met += more
        else:
            reached.append(rule.target)
    return reached, met


@pytest.mark.parametrize("count", [0, 1, LONGEST_LIST])
def test_few_interfaces_are_one_list_in_the_order_of_their_names(count: int) -> None:
    names = [f"br{n}" for n in range(100, 100 + count)]

    rules, table = build(*reversed(names))

    assert [rule.in_interface for rule in rules] == names
    assert table.chains == ()


def test_many_interfaces_are_grouped_by_the_beginnings_of_their_names() -> None:
    rules, table = build(*(f"br{n}" for n in range(100, 140)))

    assert [(rule.target, rule.in_interface) for rule in rules] == [
        ("cloudnet-fwd-br10+", "br10+"),
        ("cloudnet-fwd-br11+", "br11+"),
        ("cloudnet-fwd-br12+", "br12+"),
        ("cloudnet-fwd-br13+", "br13+"),
    ]
    assert [chain.name for chain in table.chains] == [rule.target for rule in rules]


def test_a_group_of_one_needs_no_chain() -> None:
    rules, table = build("ext", *(f"br{n}" for n in range(100, 100 + LONGEST_LIST)))

    assert [rule.target for rule in rules] == ["cloudnet-fwd-b+", "target-ext"]
    assert [chain.name for chain in table.chains] == ["cloudnet-fwd-b+"]


@given(st.sets(st.from_regex(r"[a-c]{1,4}[0-2]{0,3}", fullmatch=True), max_size=80))
def test_a_packet_of_each_interface_reaches_its_target_and_no_other(names: set[str]) -> None:
    rules, table = build(*names)

    for name in names:
        assert follow(rules, table, name)[0] == [f"target-{name}"]
    assert follow(rules, table, "zz9")[0] == []


def test_a_packet_meets_few_rules_among_a_thousand_interfaces() -> None:
    names = [f"br{n}" for n in range(1000, 2000)]
    rules, table = build(*names)

    most = max(follow(rules, table, name)[1] for name in names)

    assert most <= 3 * LONGEST_LIST


def test_a_rule_tests_the_interface_of_its_direction() -> None:
    assert coming_from("chain", "br100") == Rule("chain", in_interface="br100")
    assert going_to("chain", "br100") == Rule("chain", out_interface="br100")


def test_a_chain_is_rendered_again_only_if_its_inputs_differ() -> None:
    cache = ChainCache("nat")
    rendered: list[object] = []

    def collect(inputs: object) -> Table:
        def rules() -> list[Rule]:
            rendered.append(inputs)
            return [Rule("ACCEPT")]

        cache.add("cloudnet-x", inputs, rules)
        return cache.collect()

    first, same, other = (collect(inputs) for inputs in ("a", "a", "b"))

    assert rendered == ["a", "b"]
    assert same.chains[0] is first.chains[0]
    assert other.chains[0] is not first.chains[0]


def test_a_chain_that_is_not_added_again_is_gone_and_forgotten() -> None:
    cache = ChainCache("nat")
    rendered: list[str] = []

    def rules() -> list[Rule]:
        rendered.append("again")
        return []

    cache.add("cloudnet-x", 1, rules)
    cache.collect()

    assert cache.collect().chains == ()
    cache.add("cloudnet-x", 1, rules)
    cache.collect()
    assert rendered == ["again", "again"]


def test_chains_are_in_the_order_of_their_names() -> None:
    cache = ChainCache("nat")
    for name in ("c", "a", "b"):
        cache.add(name, None, tuple)

    assert [chain.name for chain in cache.collect().chains] == ["a", "b", "c"]
