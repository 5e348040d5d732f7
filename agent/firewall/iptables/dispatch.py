"""Jumps by interface name whose cost for a packet does not grow with the number of networks.

Up to ``LONGEST_LIST`` interfaces are one list of jumps. More are grouped by the beginnings of their
names, a chain for each group: with br100 to br299 a packet from br215 meets the rules for br1+ and
br2+, then for br20+ to br29+, then for br210 to br219.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from os.path import commonprefix

from cloudnet.agent.firewall.iptables.chain_cache import ChainCache
from cloudnet.agent.node.resources.iptables_table import CHAIN, Rule

LONGEST_LIST = 16

MakeRule = Callable[[str, str], Rule]  # target, interface -> rule


def coming_from(target: str, interface: str) -> Rule:
    """Return a rule for the packets that came in by an interface."""
    return Rule(target, in_interface=interface)


def going_to(target: str, interface: str) -> Rule:
    """Return a rule for the packets that go out by an interface."""
    return Rule(target, out_interface=interface)


def dispatch(
    cache: ChainCache, kind: str, targets: Mapping[str, str], make_rule: MakeRule
) -> tuple[Rule, ...]:
    """Return the rules of the list's first level; add the chains of the others.

    :param kind: names the added chains: ``cloudnet-<kind>-<beginning>+``, at most three letters
    :param targets: by interface
    """
    return tuple(_rules(cache, kind, sorted(targets.items()), make_rule))


def _rules(
    cache: ChainCache, kind: str, targets: list[tuple[str, str]], make_rule: MakeRule
) -> Iterator[Rule]:
    if len(targets) <= LONGEST_LIST:
        for interface, target in targets:
            yield make_rule(target, interface)
        return
    for beginning, members in _groups(targets).items():
        if len(members) == 1:
            interface, target = members[0]
            yield make_rule(target, interface)
            continue
        # No bridge has a "+" in its name, so no other chain is called like this one.
        name = f"{CHAIN}{kind}-{beginning}+"
        rules = tuple(_rules(cache, kind, members, make_rule))
        cache.add(name, rules, partial(tuple, rules))
        yield make_rule(name, f"{beginning}+")


def _groups(targets: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Return the interfaces by the shortest beginning of their names that differs."""
    names = [interface for interface, _ in targets]
    length = len(commonprefix(names)) + 1  # noqa: RUF071 - names, not paths
    groups: dict[str, list[tuple[str, str]]] = {}
    for interface, target in targets:
        groups.setdefault(interface[:length], []).append((interface, target))
    return groups
