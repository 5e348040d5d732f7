"""The chains of one table, each rendered once for the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table


class ChainCache:
    """Collects the chains of a table and reuses those whose inputs are as in the last collection.

    Chains that did not change are the same objects as before, so that comparing two tables costs
    an identity check for each of them.
    """

    def __init__(self, table: str) -> None:
        self._name = table
        self._known: dict[str, tuple[object, Chain]] = {}  # by chain name: inputs, chain
        self._used: dict[str, tuple[object, Chain]] = {}

    def add(
        self,
        name: str,
        inputs: object,
        rules: Callable[[], Iterable[Rule]],
        hook: str | None = None,
    ) -> None:
        """Add a chain to the collection.

        :param inputs: a value that is equal only if ``rules()`` returns the same
        """
        known = self._known.get(name)
        if known is None or known[0] != inputs:
            known = (inputs, Chain.of(name, hook, tuple(rules())))
        self._used[name] = known

    def collect(self) -> Table:
        """Return the table with the chains that were added, and begin the next collection."""
        self._known, self._used = self._used, {}
        return Table(self._name, tuple(self._known[name][1] for name in sorted(self._known)))
