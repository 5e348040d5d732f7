"""Our part of an iptables table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.node.resources.nat_mapping import NatMapping

TAG = "cn:"  # start of the comment of a rule of ours
CHAIN = "cloudnet-"  # start of the name of a chain of ours


@dataclass(frozen=True)
class Rule:
    """One iptables rule in the options' own names, so that it reads as iptables-save prints it."""

    target: str  # ACCEPT, DROP, SNAT… or a chain of ours
    to: tuple[tuple[str, str], ...] = ()  # the target's options: (("to-source", "192.0.2.1"),)
    source: IPv4Network | None = None
    destination: IPv4Network | None = None
    in_interface: str | None = None
    out_interface: str | None = None
    protocol: str | None = None
    # each match with its options; a value that starts with "!" is negated
    matches: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    note: str = ""  # said behind the tag in the comment; no meaning to the kernel

    def __str__(self) -> str:
        return " ".join(self._words())

    def _words(self) -> Iterator[str]:
        for option, value in (
            ("-s", self.source),
            ("-d", self.destination),
            ("-i", self.in_interface),
            ("-o", self.out_interface),
            ("-p", self.protocol),
        ):
            if value is not None:
                yield f"{option} {value}"
        for match, options in self.matches:
            yield f"-m {match}"
            for option, value in options:
                yield (
                    f"! --{option} {value[1:].lstrip()}"
                    if value[0] == "!"
                    else f"--{option} {value}"
                )
        yield f"-j {self.target}"
        for option, value in self.to:
            yield f"--{option} {value}".rstrip()


@dataclass(frozen=True)
class Chain:
    """A chain of ours, and the built-in chain that jumps to it.

    iptables does not print a rule as it was given, so rules are never parsed: each carries a tag
    that hashes it together with all rules before it. Two chains with the same tags are the same.
    """

    name: str
    hook: str | None  # the built-in chain that jumps here; None: only chains of ours do
    tags: tuple[str, ...]
    rules: tuple[Rule, ...] = field(default=(), compare=False)  # empty when found in a kernel

    @classmethod
    def of(cls, name: str, hook: str | None, rules: tuple[Rule, ...]) -> Chain:
        """Return the chain with its rules' tags worked out."""
        seen = hashlib.sha256(name.encode())
        tags = []
        for rule in rules:
            seen.update(b"\0" + str(rule).encode())
            tags.append(" ".join(filter(None, (TAG + seen.hexdigest()[:16], rule.note))))
        return cls(name, hook, tuple(tags), rules)


@dataclass(frozen=True)
class Table(Resource):
    """Our part of one iptables table, changed in one commit."""

    order: ClassVar[int] = 20
    shared: ClassVar[bool] = True

    name: str  # filter, nat, mangle
    chains: tuple[Chain, ...]  # by name
    faults: tuple[str, ...] = ()  # a chain that is jumped to twice…

    @property
    def key(self) -> str:
        return f"table {self.name}"

    @property
    def rank(self) -> int:
        """The filter comes before the first address: no packet is routed that it would drop."""
        return {"filter": 20, "mangle": 30, "nat": 90}[self.name]

    def read_back(self) -> Iterator[Resource]:
        """Yield the table with its tags alone, and the NAT mappings that its rules make."""
        yield Table(self.name, tuple(replace(chain, rules=()) for chain in self.chains))
        for chain in self.chains:
            for rule in chain.rules:
                mapping = NatMapping.noted(rule.note)
                if mapping is not None:
                    yield mapping

    @property
    def details(self) -> str:
        return f"rules: {sum(len(chain.tags) for chain in self.chains)}"
