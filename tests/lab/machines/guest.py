"""A guest as its user has it: it boots, is given an address, runs commands, reaches others.

What it is made of is elsewhere: emulated.py has real machines, light.py has namespaces.
"""

import abc
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.fixtures.waiting import TimedOutError
from tests.lab.machines.host import Place
from tests.lab.machines.pings import Pings, ping_command, read_pings
from tests.lab.machines.topology import OUTSIDE_HOST

_LEASE = re.compile(r"^@lease (.*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Card:
    """A guest's network card, as the compute side was told to make it.

    `link` is the node's end of it, `bridge` where that end belongs.
    """

    link: str
    mac: str
    bridge: str


@dataclass(frozen=True)
class ReportedLease:
    """What the guest's DHCP client was given first, and how many DISCOVERs it had to send."""

    address: str
    prefix: int
    router: str
    dns: str
    server: str
    seconds: int
    mtu: str
    name: str
    discovers: int

    @classmethod
    def read(cls, announcement: str) -> "ReportedLease":
        """Read what the script `dhcp-event` announces."""
        said = dict(word.split("=", 1) for word in announcement.split())
        address, _, prefix = said["address"].partition("/")
        return cls(
            address=address,
            prefix=int(prefix),
            router=said["router"],
            dns=said["dns"],
            server=said["server"],
            seconds=int(said["seconds"]),
            mtu=said["mtu"],
            name=said["name"],
            discovers=int(said["discovers"]),
        )


class Running(Protocol):
    """A command running in a guest."""

    @property
    def output(self) -> str:
        """What it has said so far."""

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""

    def wait(self, timeout: float = 30) -> int:
        """Return its exit status."""

    def end(self) -> None:
        """End it and whatever it has started."""


class Guest(abc.ABC):
    """A guest on a node, with the cards that its instance was given."""

    def __init__(self, name: str, node: Place, cards: Sequence[Card]) -> None:
        self.name = name
        self.node = node
        self.cards = tuple(cards)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} on {self.node.name}>"

    @abc.abstractmethod
    def lay_wires(self) -> None:
        """Make the node's ends of its cards, for the compute side to plug in."""

    @abc.abstractmethod
    def power_on(self) -> None:
        """Start it and return at once."""

    @abc.abstractmethod
    def power_off(self) -> None:
        """Pull its plug, as a compute service destroys an instance."""

    @abc.abstractmethod
    def start(self, command: str) -> Running:
        """Start a shell command beside whatever else it runs."""

    @property
    @abc.abstractmethod
    def console(self) -> str:
        """What it has said since it was powered on."""

    @property
    def leases(self) -> list[ReportedLease]:
        """The leases that it has announced so far."""
        return [ReportedLease.read(text) for text in _LEASE.findall(self.console)]

    @property
    def address(self) -> str:
        """Its own address, as it was told by DHCP."""
        return self.leases[0].address

    @abc.abstractmethod
    def wait_until_up(self, timeout: float = 240) -> ReportedLease:
        """Wait for its first lease and return that."""

    def run(self, command: str, timeout: float = 30) -> str:
        """Run a command that has to succeed and return what it said."""
        started = self.start(command)
        try:
            status = started.wait(timeout)
        except TimedOutError:
            started.end()
            raise
        assert status == 0, f"{self.name}$ {command}: status {status}: {started.output}"
        return started.output

    def pings(self, address: object, count: int = 5) -> Pings:
        """Ping and return the counts."""
        started = self.start(ping_command(address, count))
        started.wait(timeout=30 + count)
        return read_pings(started.output)

    def ping(self, other: "Guest", count: int = 5) -> None:
        """Ping another guest by its fixed address; every ping has to be answered."""
        seen = self.pings(other.address, count)
        assert seen == Pings(count, count), f"{self.name} to {other.name}: {seen}"

    def opens_tcp(self, address: object, port: int) -> bool:
        """Say whether a TCP connection comes about within a few seconds."""
        return self.start(f"nc -w 4 {address} {port} </dev/null").wait(20) == 0

    def seen_outside_as(self) -> str:
        """Call the outside host and return the address it says it was called from."""
        return self.run(f"nc -w 10 {OUTSIDE_HOST.ip} 8000 </dev/null | head -n 1").strip()

    def serve_echo(self, port: int) -> Running:
        """Serve TCP, each connection hearing what it says."""
        return self.start(f"nc -ll -p {port} -e cat")
