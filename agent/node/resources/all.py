"""A node in kernel words: the things an agent makes, as values.

What is wanted and what is found are the same types, so the work is their difference. Every thing
has a key that names it on the node, and can be told to be ours by an agent with no memory:

* links carry the ifalias ``cloudnet:<network uuid>``;
* a floating IP carries the label ``<device>:cn``, as ``ip addr`` shows it; an address on a bridge
  carries the protocol number 99 (IFA_PROTO), because dnsmasq takes a label for the link's name;
* firewall rules carry a comment with a tag (see :class:`Chain`), in chains named ``cloudnet-…``;
* dnsmasq is known by its pid, its start time and its arguments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

ALIAS = "cloudnet:"  # ifalias of a link of ours, before the network's uuid
LABEL = ":cn"  # end of the label of an address of ours
TAG = "cn:"  # start of the comment of a rule of ours
CHAIN = "cloudnet-"  # start of the name of a chain of ours


@dataclass(frozen=True)
class Nic:
    """A link that is not ours, as far as we need to know it."""

    name: str
    mac: str
    mtu: int
    kind: str | None = None  # as in `ip -d link`: vlan, bridge, tun…; None: hardware
    master: str | None = None  # None: in no bridge
    addressed: bool = False  # it carries addresses of the node's own


@dataclass(frozen=True)
class Forwarding:
    """``net.ipv4.ip_forward``, without which a node is no gateway. Never taken away."""

    @property
    def key(self) -> str:
        return "forwarding"

    def __str__(self) -> str:
        return "forwarding of IPv4"


@dataclass(frozen=True)
class Bridge:
    """A network's bridge: no spanning tree, no forward delay, a MAC that stays."""

    name: str
    network: str  # uuid
    mac: str
    mtu: int
    guests: tuple[str, ...] = field(default=(), compare=False)  # foreign ports, as found

    @property
    def key(self) -> str:
        return f"bridge {self.name}"

    def __str__(self) -> str:
        return f"bridge {self.name} mac {self.mac} mtu {self.mtu}"


@dataclass(frozen=True)
class Vlan:
    """An 802.1Q subinterface in its network's bridge."""

    name: str
    network: str  # uuid
    parent: str
    tag: int
    mtu: int
    bridge: str

    @property
    def key(self) -> str:
        return f"vlan {self.name}"

    def __str__(self) -> str:
        return f"vlan {self.name} on {self.parent} tag {self.tag} mtu {self.mtu} in {self.bridge}"


@dataclass(frozen=True)
class Port:
    """A NIC of the operator's that carries a flat network, in its bridge."""

    device: str
    bridge: str

    @property
    def key(self) -> str:
        return f"port {self.device}"

    def __str__(self) -> str:
        return f"port {self.device} in {self.bridge}"


@dataclass(frozen=True)
class Address:
    """The host's address on a bridge of ours."""

    device: str
    interface: IPv4Interface

    @property
    def key(self) -> str:
        return f"address {self.interface} on {self.device}"

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True)
class PublicAddress:
    """A floating IP on a public NIC, so that the node answers ARP for it."""

    device: str
    address: IPv4Address

    @property
    def key(self) -> str:
        return f"floating {self.address} on {self.device}"

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True)
class Dnsmasq:
    """One dnsmasq: its command line and the files it reads."""

    bridge: str
    network: str  # uuid
    arguments: tuple[str, ...]  # as /proc shows them; a change means a restart
    environment: tuple[tuple[str, str], ...] = field(compare=False)  # for the lease script
    hosts: tuple[str, ...]  # lines of dhcp-host; additions need no signal, the rest a SIGHUP
    options: tuple[str, ...]  # lines of the dhcp-optsfile

    @property
    def key(self) -> str:
        return f"dhcp {self.bridge}"

    def __str__(self) -> str:
        return f"dhcp {self.bridge} with {len(self.hosts)} hosts"


@dataclass(frozen=True)
class Lease:
    """A lease that a dnsmasq of ours has given; wanted as long as its guest is.

    Never made, only taken away: by a forced DHCPRELEASE, so that the next guest with this address
    gets it at its first DISCOVER.
    """

    bridge: str
    address: IPv4Address
    mac: str

    @property
    def key(self) -> str:
        return f"lease {self.address} of {self.mac} on {self.bridge}"

    def __str__(self) -> str:
        return self.key


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
class Table:
    """Our part of one iptables table, changed in one commit."""

    name: str  # filter, nat, mangle
    chains: tuple[Chain, ...]  # by name

    @property
    def key(self) -> str:
        return f"table {self.name}"

    def __str__(self) -> str:
        return f"table {self.name} with {sum(len(chain.tags) for chain in self.chains)} rules"


@dataclass(frozen=True)
class NatMapping:
    """A floating IP's two-way NAT, as the rules of the nat table say it.

    Made by the rules themselves; taking it away means that the kernel forgets the connections
    that went through it.
    """

    floating: IPv4Address
    fixed: IPv4Address

    @property
    def key(self) -> str:
        return f"translation {self.floating} to {self.fixed}"

    @property
    def note(self) -> str:
        """How a rule's comment says it."""
        return f"{self.floating} is {self.fixed}"

    @classmethod
    def noted(cls, note: str) -> NatMapping | None:
        """Return the translation that a rule's comment says; None when it says none."""
        floating, _, fixed = note.partition(" is ")
        try:
            return cls(IPv4Address(floating), IPv4Address(fixed))
        except ValueError:
            return None

    def __str__(self) -> str:
        return self.key


Resource = (
    Forwarding
    | Bridge
    | Vlan
    | Port
    | Address
    | PublicAddress
    | Dnsmasq
    | Lease
    | Table
    | NatMapping
)
Resources = Mapping[str, Resource]  # by key


def bridge_of(resource: Resource) -> str | None:
    """Return the bridge of the network that the thing belongs to; None: it is shared by many."""
    match resource:
        case Bridge():
            return resource.name
        case Vlan() | Port() | Dnsmasq() | Lease():
            return resource.bridge
        case Address():
            return resource.device
        case _:
            return None


@dataclass(frozen=True)
class ActualState:
    """What a node has: our things, and the links of others."""

    resources: Resources
    nics: Mapping[str, Nic]  # by name; links that are not ours


@dataclass(frozen=True)
class Process:
    """A running process, told apart from a later one with the same pid."""

    pid: int
    started: int  # clock ticks after boot, field 22 of /proc/<pid>/stat
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class DnsmasqFiles:
    """Where one dnsmasq's files are, in nova-network's names."""

    hosts: Path  # a directory, one file a guest
    options: Path
    pid: Path
    leases: Path

    @classmethod
    def of(cls, networks_path: Path, bridge: str) -> DnsmasqFiles:
        """Return the files of the dnsmasq that serves ``bridge``."""
        stem = f"nova-{bridge}"
        return cls(
            networks_path / f"{stem}.hosts.d",
            networks_path / f"{stem}.opts",
            networks_path / f"{stem}.pid",
            networks_path / f"{stem}.leases",
        )


def by_key(*resources: Resource) -> dict[str, Resource]:
    """Return the things by their keys."""
    return {resource.key: resource for resource in resources}
