"""A packet's way through rendered tables, as the kernel would take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table


@dataclass(frozen=True)
class Packet:
    """What rules can match."""

    source: IPv4Address
    destination: IPv4Address
    came_in_by: str | None = None
    goes_out_by: str | None = None
    protocol: str = "icmp"
    port: int | None = None
    state: str = "NEW"  # of its connection: NEW, ESTABLISHED, RELATED; or INVALID: it has none
    nat: str = ""  # of its connection: DNAT, SNAT


@dataclass
class Walk:
    """Counts the rules that a packet meets."""

    chains: dict[str, Chain]
    packet: Packet
    met: int = 0

    def verdict(self, chain: str) -> str | None:
        """Return the target that decides, with its options; None: the chain returns."""
        for rule in self.chains[chain].rules:
            self.met += 1
            if not _matches(rule, self.packet):
                continue
            if rule.target == "RETURN":
                return None
            if rule.target not in self.chains:
                return " ".join([rule.target, *(value for _, value in rule.to)])
            if (verdict := self.verdict(rule.target)) is not None:
                return verdict
        return None


def walk(tables: Sequence[Table], table: str, hook: str, packet: Packet) -> tuple[str | None, int]:
    """Return the verdict of a table's built-in chain on a packet, and how many rules it met."""
    chains = {chain.name: chain for each in tables if each.name == table for chain in each.chains}
    walked = Walk(chains, packet)
    for chain in chains.values():
        if chain.hook == hook:
            return walked.verdict(chain.name), walked.met
    return None, 0


def _matches(rule: Rule, packet: Packet) -> bool:
    return (
        (rule.source is None or packet.source in rule.source)
        and (rule.destination is None or packet.destination in rule.destination)
        and _is_interface(rule.in_interface, packet.came_in_by)
        and _is_interface(rule.out_interface, packet.goes_out_by)
        and rule.protocol in {None, packet.protocol}
        and all(_has(packet, option) for _, options in rule.matches for option in options)
    )


def _is_interface(pattern: str | None, name: str | None) -> bool:
    if pattern is None:
        return True
    if pattern.startswith("!"):
        return not _is_interface(pattern[1:], name)
    if name is None:
        return False
    return name.startswith(pattern[:-1]) if pattern.endswith("+") else name == pattern


def _has(packet: Packet, option: tuple[str, str]) -> bool:
    name, value = option
    match name:
        case "ctstate":
            found = {packet.state, packet.nat} & set(value.removeprefix("!").split(","))
            return bool(found) != value.startswith("!")
        case "ctstatus":
            assert value == "!CONFIRMED", f"no rule of ours matches {option}"
            return packet.state == "NEW"  # a packet without a connection matches neither
        case "dport":
            return str(packet.port) == value
    raise AssertionError(f"no rule of ours matches {option}")
