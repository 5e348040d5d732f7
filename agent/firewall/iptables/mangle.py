"""Table mangle: checksums of DHCP replies.

Old DHCP clients refuse replies whose checksum virtio leaves to a NIC that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.agent.firewall.iptables.chain_cache import ChainCache
from cloudnet.agent.firewall.iptables.matches import port_match
from cloudnet.agent.firewall.policy import Policy
from cloudnet.agent.node.resources.iptables_table import CHAIN, Rule, Table

DHCP = f"{CHAIN}dhcp"
TO_CLIENTS = (port_match("udp", 68),)


class MangleRenderer:
    """Renders the table; what did not change since the last time is the same object."""

    def __init__(self) -> None:
        self._cache = ChainCache("mangle")

    def render(self, policy: Policy) -> Table:
        """Return the table for a policy; it has no chains if no network has DHCP."""
        bridges = tuple(each.network.bridge for each in policy.networks if each.network.serves_dhcp)
        if bridges:
            # All other packets meet one rule, however many networks there are.
            self._cache.add(
                f"{CHAIN}POSTROUTING",
                None,
                lambda: [Rule(DHCP, protocol="udp", matches=TO_CLIENTS)],
                "POSTROUTING",
            )
            self._cache.add(DHCP, bridges, lambda: _checksums(bridges))
        return self._cache.collect()


def _checksums(bridges: tuple[str, ...]) -> Iterator[Rule]:
    for bridge in bridges:
        yield Rule(
            "CHECKSUM",
            (("checksum-fill", ""),),
            out_interface=bridge,
            protocol="udp",
            matches=TO_CLIENTS,
        )
