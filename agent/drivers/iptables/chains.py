"""Our chains in the iptables tables of the node, beside everybody else's rules.

Rules are recognised by the tag in their comment and never parsed. A chain keeps the rules that it
has in common with the wanted one from the top on, with their counters; the rest is replaced. All
of a table's changes are one commit: no packet ever meets half of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from cloudnet.agent.drivers.iptables.lock import xtables_lock
from cloudnet.agent.drivers.iptables.ruleset import Ruleset, exists, opened
from cloudnet.agent.drivers.links.netlink import LinkTable
from cloudnet.agent.node.resources.iptables_table import CHAIN, TAG, Chain, Rule, Table
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.common.errors import KernelRefused

LOG = logging.getLogger(__name__)

TABLES = ("filter", "mangle", "nat")
JUMP = TAG + "jump"  # comment of a built-in chain's rule that leads to a chain of ours


@dataclass(frozen=True)
class FirewallDriver:
    """Reads, writes and takes away :class:`Table`; reads :class:`NatMapping`."""

    def read(self, links: LinkTable) -> Iterator[Table | NatMapping]:
        """Yield the tables in which we have anything, and the floating IPs that nat translates."""
        for name in filter(exists, TABLES):
            with opened(name) as ruleset:
                table = Table(name, tuple(_chains(ruleset)))
            if table.chains:
                yield table
            for chain in table.chains:
                for tag in chain.tags:
                    nat_mapping = NatMapping.noted(tag.partition(" ")[2])
                    if nat_mapping is not None:
                        yield nat_mapping

    def ensure(self, want: Table) -> None:
        """Make our part of the table what is wanted, in one commit."""
        with xtables_lock(), opened(want.name) as ruleset:
            wanted = {chain.name for chain in want.chains}
            for name in wanted.difference(ruleset.chains()):
                ruleset.add_chain(name)
            for chain in want.chains:
                _rewrite(ruleset, chain)
            _hook(ruleset, {chain.name: chain.hook for chain in want.chains})
            kept = _remove_chains(ruleset, set(_ours(ruleset)) - wanted)
            ruleset.commit()
        _complain(want.name, kept)

    def remove(self, actual: Table) -> None:
        """Take away all that is ours in the table."""
        self.ensure(Table(actual.name, ()))


def _ours(ruleset: Ruleset) -> Iterator[str]:
    return (name for name in ruleset.chains() if name.startswith(CHAIN))


def _chains(ruleset: Ruleset) -> Iterator[Chain]:
    """Yield our chains as they stand, by name.

    A chain that is jumped to twice, or from two places, gets all of them for its hook, and a rule
    that is not ours an empty tag: neither equals anything wanted.
    """
    hooks = _hooks(ruleset)
    for name in sorted(_ours(ruleset)):
        found = [hook for hook, _, target in hooks if target == name]
        tags = tuple(_tag(rule.comment) for rule in ruleset.rules(name))
        yield Chain(name, "+".join(found) or None, tags)


def _tag(comment: str) -> str:
    return comment if comment.startswith(TAG) else ""


def _hooks(ruleset: Ruleset) -> list[tuple[str, int, str]]:
    """Return our jumps: built-in chain, position, chain of ours."""
    return [
        (builtin, position, rule.target)
        for builtin in ruleset.chains()
        if ruleset.is_builtin(builtin)
        for position, rule in enumerate(ruleset.rules(builtin))
        if rule.comment == JUMP
    ]


def _rewrite(ruleset: Ruleset, want: Chain) -> None:
    """Keep the chain's common beginning, replace the rest."""
    actual = [_tag(rule.comment) for rule in ruleset.rules(want.name)]
    same = 0
    while same < min(len(actual), len(want.tags)) and actual[same] == want.tags[same]:
        same += 1
    if same == 0 and actual:
        ruleset.clear(want.name)
    else:
        for position in reversed(range(same, len(actual))):
            ruleset.delete(want.name, position)
    for tag, rule in zip(want.tags[same:], want.rules[same:], strict=True):
        ruleset.append(want.name, rule, tag)


def _hook(ruleset: Ruleset, hooks: dict[str, str | None]) -> None:
    """Make each built-in chain jump to ours once; a jump that stands keeps its place."""
    standing: set[tuple[str, str]] = set()
    surplus: list[tuple[str, int]] = []
    for builtin, position, target in _hooks(ruleset):
        if hooks.get(target) == builtin and (builtin, target) not in standing:
            standing.add((builtin, target))
        else:
            surplus.append((builtin, position))
    for builtin, position in reversed(surplus):  # from behind: positions in front stay true
        ruleset.delete(builtin, position)
    for name, hook in hooks.items():
        if hook is not None and (hook, name) not in standing:
            ruleset.insert(hook, Rule(name), JUMP)


def _remove_chains(ruleset: Ruleset, names: set[str]) -> list[str]:
    """Empty and remove chains of ours; return those that foreign rules jump to."""
    if not names:
        return []
    for name in names:
        ruleset.clear(name)
    wanted_by_others = {
        rule.target
        for chain in ruleset.chains()
        if chain not in names
        for rule in ruleset.rules(chain)
    }
    for name in names - wanted_by_others:
        ruleset.remove_chain(name)
    return sorted(names & wanted_by_others)


def _complain(table: str, kept: list[str]) -> None:
    if kept:
        raise KernelRefused(
            f"table {table}: {', '.join(kept)} is emptied but not removed, because a rule that is "
            f"not cloudnet's jumps to it; find it by `iptables-legacy -t {table} -S | grep "
            f"{kept[0]}` and delete it"
        )
