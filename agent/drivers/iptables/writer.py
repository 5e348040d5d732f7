"""Changes an open table to what is desired."""

from __future__ import annotations

from collections.abc import Iterable

from cloudnet.agent.drivers.iptables.reader import JUMP, jumps, tags
from cloudnet.agent.drivers.iptables.ruleset import Ruleset
from cloudnet.agent.node.incremental import count_common_ends
from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table
from cloudnet.common.errors import KernelRefused


def write_table(ruleset: Ruleset, desired: Table, actual: Table) -> None:
    """Make our part of the table what is desired, and commit it.

    :param actual: our part as it is; chains in which the two agree are not touched
    """
    old = {chain.name: chain for chain in actual.chains}
    different = [chain for chain in desired.chains if old.get(chain.name) != chain]
    surplus = old.keys() - {chain.name for chain in desired.chains}
    for chain in different:
        if not ruleset.has(chain.name):
            ruleset.add_chain(chain.name)
    for chain in different:
        _rewrite(ruleset, chain)
    if any(_is_hooked_differently(old.get(chain.name), chain) for chain in different) or any(
        old[name].hook for name in surplus
    ):
        _hook(ruleset, {chain.name: chain.hook for chain in desired.chains})
    kept = _remove_chains(ruleset, surplus)
    ruleset.commit()
    if kept:
        raise _is_used(desired.name, kept)


def _rewrite(ruleset: Ruleset, chain: Chain) -> None:
    """Replace the rules between the chain's common beginning and its common end."""
    actual, desired = tags(ruleset, chain.name), chain.tags
    head, tail = count_common_ends(actual, desired)
    for number in reversed(range(head, len(actual) - tail)):
        ruleset.delete(chain.name, number)
    for number in range(head, len(desired) - tail):
        ruleset.insert(chain.name, number, chain.rules[number], desired[number])


def _is_hooked_differently(actual: Chain | None, desired: Chain) -> bool:
    if actual is None:
        return desired.hook is not None
    return actual.hook != desired.hook or bool(actual.faults)


def _hook(ruleset: Ruleset, hooks: dict[str, str | None]) -> None:
    """Have each built-in chain jump to ours once; a jump that is there keeps its place."""
    right: set[tuple[str, str]] = set()
    surplus: list[tuple[str, int]] = []
    for builtin, position, target in jumps(ruleset):
        if hooks.get(target) == builtin and (builtin, target) not in right:
            right.add((builtin, target))
        else:
            surplus.append((builtin, position))
    for builtin, position in reversed(surplus):  # from the end: lower positions stay valid
        ruleset.delete(builtin, position)
    for name, hook in hooks.items():
        if hook is not None and (hook, name) not in right:
            ruleset.insert(hook, 0, Rule(name), JUMP)


def _remove_chains(ruleset: Ruleset, names: Iterable[str]) -> list[str]:
    """Empty and remove chains of ours; return those that foreign rules jump to."""
    names = sorted(names)
    for name in names:
        ruleset.clear(name)
    kept = [name for name in names if ruleset.is_jumped_to(name)]
    for name in names:
        if name not in kept:
            ruleset.remove_chain(name)
    return kept


def _is_used(table: str, chains: list[str]) -> KernelRefused:
    return KernelRefused(
        f"table {table}: {', '.join(chains)} is emptied but not removed, because a rule that is "
        f"not cloudnet's jumps to it; find it by `iptables-legacy -t {table} -S | grep "
        f"{chains[0]}` and delete it"
    )
