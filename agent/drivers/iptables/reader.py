"""Reads our part of an open table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloudnet.agent.drivers.iptables.ruleset import Ruleset
from cloudnet.agent.node.resources.iptables_table import CHAIN, TAG, Chain, Table

JUMP = TAG + "jump"  # comment of a built-in chain's rule that leads to a chain of ours


def read_table(ruleset: Ruleset, name: str, known: Mapping[str, Chain]) -> Table:
    """Return our chains in the table.

    :param known: by name; a chain that is equal to its known one is returned as that very object
    """
    hooks: dict[str, list[str]] = {}
    for builtin, _, target in jumps(ruleset):
        hooks.setdefault(target, []).append(builtin)
    chains = []
    for chain_name in sorted(our_chains(ruleset)):
        chain = _chain(ruleset, chain_name, hooks.get(chain_name, []))
        chains.append(known[chain_name] if known.get(chain_name) == chain else chain)
    return Table(name, tuple(chains))


def our_chains(ruleset: Ruleset) -> Iterator[str]:
    """Yield the names of our chains."""
    return (name for name in ruleset.chains() if name.startswith(CHAIN))


def tags(ruleset: Ruleset, chain: str) -> tuple[str, ...]:
    """Return the tags of a chain's rules; empty: the rule is not ours."""
    return tuple(comment if comment.startswith(TAG) else "" for comment in ruleset.comments(chain))


def jumps(ruleset: Ruleset) -> list[tuple[str, int, str]]:
    """Return the jumps to our chains: built-in chain, position, chain of ours."""
    return [
        (builtin, position, rule.target)
        for builtin in ruleset.chains()
        if ruleset.is_builtin(builtin)
        for position, rule in enumerate(ruleset.rules(builtin))
        if rule.comment == JUMP
    ]


def _chain(ruleset: Ruleset, name: str, hooks: list[str]) -> Chain:
    found = tags(ruleset, name)
    faults = []
    if len(hooks) > 1:
        faults.append(f"jumped to {len(hooks)} times, from {', '.join(sorted(set(hooks)))}")
    if foreign := found.count(""):
        faults.append(f"{foreign} foreign rule{'s' if foreign > 1 else ''}")
    return Chain(name, hooks[0] if hooks else None, found, tuple(faults))
