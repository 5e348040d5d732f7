"""Matches that several tables use."""

from __future__ import annotations

from cloudnet.agent.node.resources.iptables_table import Match

# The connection went through a DNAT of ours: to a floating IP or to the metadata service.
DNATED: tuple[Match, ...] = (("conntrack", (("ctstate", "DNAT"),)),)
NOT_DNATED: tuple[Match, ...] = (("conntrack", (("ctstate", "!DNAT"),)),)


def port_match(protocol: str, port: int) -> Match:
    """Return the match of packets to a port."""
    return protocol, (("dport", str(port)),)
