"""Our part of an iptables table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import IPv4Network
from typing import ClassVar

from cloudnet.agent.node.resources.base import ISOLATION, NAT, Resource
from cloudnet.agent.node.resources.nat_mapping import NatMapping

TAG = "cn:"  # start of the comment of a rule of ours
CHAIN = "cloudnet-"  # start of the name of a chain of ours
LONGEST_CHAIN_NAME = 28  # characters; the kernel's

Options = tuple[tuple[str, str], ...]  # (("to-source", "192.0.2.1"),)
Match = tuple[str, Options]  # its name and its options


@dataclass(frozen=True)
class Rule:
    """One iptables rule in the options' own names, so that it reads as iptables-save prints it.

    A value that starts with "!" is negated.
    """

    target: str  # ACCEPT, DROP, SNAT… or a chain
    to: Options = ()  # of the target
    source: IPv4Network | None = None
    destination: IPv4Network | None = None
    in_interface: str | None = None  # "br1+": every interface whose name starts with br1
    out_interface: str | None = None
    protocol: str | None = None
    matches: tuple[Match, ...] = ()
    note: str = ""  # follows the tag in the comment; no meaning to the kernel

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
                yield _option(option, str(value))
        for match, options in self.matches:
            yield f"-m {match}"
            for option, text in options:
                yield _option(f"--{option}", text)
        yield f"-j {self.target}"
        for option, text in self.to:
            yield f"--{option} {text}".rstrip()


def _option(option: str, value: str) -> str:
    return f"! {option} {value[1:]}" if value.startswith("!") else f"{option} {value}"


@dataclass(frozen=True)
class Chain:
    """A chain of ours, and the built-in chain that jumps to it.

    iptables does not print a rule as it was given, so rules are never parsed: each carries a tag,
    a hash of the rule and its chain's name. Two chains with the same tags in the same order are
    the same.
    """

    name: str
    hook: str | None  # the built-in chain that jumps here; None: only chains of ours do
    tags: tuple[str, ...]  # comments of the rules; empty: a rule that is not ours
    faults: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default=(), compare=False)  # empty when read from a kernel

    @classmethod
    def of(cls, name: str, hook: str | None, rules: tuple[Rule, ...]) -> Chain:
        """Return the chain with its rules' tags."""
        seed = hashlib.sha256(f"{name}\0".encode())
        tags = []
        for rule in rules:
            digest = seed.copy()
            digest.update(str(rule).encode())
            tags.append(f"{TAG}{digest.hexdigest()[:16]} {rule.note}".rstrip())
        return cls(name, hook, tuple(tags), rules=rules)

    @cached_property
    def nat_mappings(self) -> tuple[NatMapping, ...]:
        """The NAT mappings that the comments of the rules name."""
        noted = (NatMapping.noted(tag.partition(" ")[2]) for tag in self.tags if " " in tag)
        return tuple(mapping for mapping in noted if mapping is not None)


@dataclass(frozen=True)
class Table(Resource):
    """Our part of one iptables table, changed in one commit."""

    order: ClassVar[int] = 20
    shared: ClassVar[bool] = True

    name: str  # filter, nat, mangle
    chains: tuple[Chain, ...]  # by name

    @property
    def key(self) -> str:
        return f"table {self.name}"

    @property
    def provides(self) -> tuple[str, ...]:
        return {"filter": (ISOLATION,), "nat": (NAT,)}.get(self.name, ())

    @property
    def rank(self) -> int:
        """The tables come before the first address of the host.

        No packet is routed that the filter would drop, or that the nat table would translate.
        """
        return {"filter": 20, "mangle": 30, "nat": 35}[self.name]

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(f"{chain.name}: {fault}" for chain in self.chains for fault in chain.faults)

    @property
    def nat_mappings(self) -> tuple[NatMapping, ...]:
        """The NAT mappings that the rules make."""
        return tuple(mapping for chain in self.chains for mapping in chain.nat_mappings)

    def read_back(self) -> Iterator[Resource]:
        """Yield the table with its tags alone, and the NAT mappings that its rules make."""
        yield Table(self.name, tuple(replace(chain, rules=()) for chain in self.chains))
        yield from self.nat_mappings

    @property
    def details(self) -> str:
        return f"rules: {sum(len(chain.tags) for chain in self.chains)}"
