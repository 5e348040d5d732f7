"""Pure: a policy -> iptables tables."""

from __future__ import annotations

from cloudnet.agent.firewall.iptables.filter import FilterRenderer
from cloudnet.agent.firewall.iptables.mangle import MangleRenderer
from cloudnet.agent.firewall.iptables.nat import NatRenderer
from cloudnet.agent.firewall.policy import Policy
from cloudnet.agent.node.resources.iptables_table import Table


class IptablesRenderer:
    """Renders policies; chains that did not change are the same objects as the last time."""

    def __init__(self) -> None:
        self._filter = FilterRenderer()
        self._nat = NatRenderer()
        self._mangle = MangleRenderer()
        self._policy: Policy | None = None
        self._tables: tuple[Table, ...] = ()

    def render(self, policy: Policy) -> tuple[Table, ...]:
        """Return the tables in which there is anything to do; a host without networks has none."""
        if policy is not self._policy:
            self._policy = policy
            self._tables = tuple(self._render(policy))
        return self._tables

    def _render(self, policy: Policy) -> list[Table]:
        if not policy.networks and not policy.orphan_bridges:
            return []
        tables = [self._filter.render(policy)]
        if any(each.network.is_gateway for each in policy.networks):
            tables.append(self._nat.render(policy))
        if any(each.network.serves_dhcp for each in policy.networks):
            tables.append(self._mangle.render(policy))
        return tables
