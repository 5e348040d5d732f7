"""Pure: snapshots -> the firewall of a host."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cloudnet.agent.firewall.iptables.tables import IptablesRenderer
from cloudnet.agent.firewall.policy import PolicyBuilder
from cloudnet.agent.node.resources.iptables_table import Table
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.common.settings.views import NatSettings
from cloudnet.common.wire.objects import FixedRanges, NetworkSnapshot


@dataclass(frozen=True)
class Firewall:
    """The firewall as resources of the host."""

    tables: tuple[Table, ...] = ()
    nat_mappings: tuple[NatMapping, ...] = ()  # which the tables make


class FirewallRenderer:
    """Renders the firewall of one host.

    It remembers what it rendered last: what did not change is the same object, down to the chain.
    """

    def __init__(self, settings: NatSettings) -> None:
        self._policies = PolicyBuilder(settings)
        self._tables = IptablesRenderer()
        self._firewall = Firewall()

    def render(
        self,
        snapshots: Iterable[NetworkSnapshot],
        ranges: FixedRanges,
        orphan_bridges: Iterable[str] = (),
        host_bridges: Iterable[str] = (),
    ) -> Firewall:
        """Return the firewall of a host with these networks.

        :param orphan_bridges: bridges of removed networks that still have guests
        :param host_bridges: links that carry the host's own traffic, if they are bridges of guests
        """
        policy = self._policies.build(snapshots, ranges, orphan_bridges, host_bridges)
        tables = self._tables.render(policy)
        if tables is not self._firewall.tables:
            mappings = tuple(mapping for table in tables for mapping in table.nat_mappings)
            self._firewall = Firewall(tables, mappings)
        return self._firewall
