"""Matches that several tables use."""

from __future__ import annotations

from cloudnet.agent.node.resources.iptables_table import Match


def _connection(option: str, value: str) -> tuple[Match, ...]:
    return (("conntrack", ((option, value),)),)


# The connection went through a DNAT of ours: to a floating IP or to the metadata service.
DNATED = _connection("ctstate", "DNAT")
NOT_DNATED = _connection("ctstate", "!DNAT")
TRANSLATED = _connection("ctstate", "DNAT,SNAT")
# An answer, or an ICMP error about a packet of a known connection.
EXPECTED = _connection("ctstate", "RELATED,ESTABLISHED")
# It belongs to no connection and begins none: no NAT is done to it.
INVALID = _connection("ctstate", "INVALID")
# The first packet of a connection, on its way to the nat table.
FIRST = _connection("ctstatus", "!CONFIRMED")

# A reset that answers a packet of no connection.
STRAY_RESET = (("tcp", (("tcp-flags", "RST RST"),)), *INVALID)


def port_match(protocol: str, port: int) -> Match:
    """Return the match of packets to a port."""
    return protocol, (("dport", str(port)),)
