"""Our chains in the iptables tables of the host, beside everybody else's rules.

Rules are recognised by the tag in their comment and never parsed. A write changes the rules that
differ, in one commit a table: no packet meets half of them, and all other rules keep their
counters.
"""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.iptables.lock import xtables_lock
from cloudnet.agent.drivers.iptables.reader import read_table
from cloudnet.agent.drivers.iptables.ruleset import exists, opened
from cloudnet.agent.drivers.iptables.table_info import table_info
from cloudnet.agent.drivers.iptables.writer import write_table
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.iptables_table import Chain, Table
from cloudnet.agent.node.resources.nat_mapping import NatMapping

TABLES = ("filter", "mangle", "nat")


class IptablesDriver(Driver[Table]):
    """Reads, writes and removes :class:`Table`; reads :class:`NatMapping`."""

    kinds = (Table,)

    def __init__(self) -> None:
        # By table, as after the last read or write: the kernel's figures for it, and our chains.
        self._infos: dict[str, bytes] = {}
        self._chains: dict[str, dict[str, Chain]] = {}

    def read(self, links: LinkTable) -> Iterator[Table | NatMapping]:
        """Yield the tables in which we have anything, and the NAT mappings that they make."""
        self._infos.clear()
        for name in filter(exists, TABLES):
            info = table_info(name)  # first: what changes meanwhile is found as drift
            with opened(name) as ruleset:
                table = read_table(ruleset, name, self._chains.get(name, {}))
            self._remember(table, info)
            if table.chains:
                yield table
            yield from table.nat_mappings

    def has_drifted(self) -> bool:
        """Return whether a table changed since it was last read or written; costs microseconds.

        A rule that was replaced by one of the same size is not seen: that takes a read.
        """
        return any(table_info(name) != info for name, info in self._infos.items())

    def ensure(self, desired: Table, actual: Table | None = None) -> None:
        """Make our part of the table what is desired, in one commit.

        :param actual: as last read or written; only what differs from it is touched
        """
        name = desired.name
        with xtables_lock():
            is_known = self._infos.pop(name, None) == table_info(name)
            with opened(name) as ruleset:
                if actual is None or not is_known:
                    actual = read_table(ruleset, name, self._chains.get(name, {}))
                write_table(ruleset, desired, actual)
            self._remember(desired, table_info(name))

    def remove(self, actual: Table) -> None:
        """Remove all that is ours in the table."""
        self.ensure(Table(actual.name, ()))

    def _remember(self, table: Table, info: bytes) -> None:
        if table.chains:
            self._infos[table.name] = info
        self._chains[table.name] = {chain.name: chain for chain in table.chains}
