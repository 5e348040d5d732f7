"""A guest as its user sees it: it boots, gets an address, runs commands and reaches others.

emulated.py has guests that are real machines, light.py guests that are namespaces.
"""

import abc
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.fixtures.waiting import TimedOutError
from tests.lab.machines.host import Host
from tests.lab.machines.pings import Pings, ping_command, read_pings
from tests.lab.machines.topology import OUTSIDE_HOST

_LEASE = re.compile(r"^@lease (.*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Card:
    """A guest's network card, as the network service describes it to the compute service.

    `link` is the node's end of it, `bridge` the bridge that this end goes into.
    """

    link: str
    mac: str
    bridge: str


@dataclass(frozen=True)
class ReportedLease:
    """A guest's first lease, and the number of DISCOVERs that its DHCP client sent for it."""

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
    def parse(cls, line: str) -> "ReportedLease":
        """Parse a line that the script `dhcp-event` printed."""
        fields = dict(word.split("=", 1) for word in line.split())
        address, _, prefix = fields["address"].partition("/")
        return cls(
            address=address,
            prefix=int(prefix),
            router=fields["router"],
            dns=fields["dns"],
            server=fields["server"],
            seconds=int(fields["seconds"]),
            mtu=fields["mtu"],
            name=fields["name"],
            discovers=int(fields["discovers"]),
        )


class GuestCommand(Protocol):
    """A command running in a guest."""

    @property
    def output(self) -> str:
        """Its output so far."""

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""

    def wait(self, timeout: float = 30) -> int:
        """Return its exit status."""

    def end(self) -> None:
        """End it and everything that it started."""


class Guest(abc.ABC):
    """A guest on a node, with the cards of its instance."""

    def __init__(self, name: str, node: Host, cards: Sequence[Card]) -> None:
        self.name = name
        self.node = node
        self.cards = tuple(cards)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} on {self.node.name}>"

    @abc.abstractmethod
    def create_links(self) -> None:
        """Create the node's ends of its cards; the compute service puts them into bridges."""

    @abc.abstractmethod
    def power_on(self) -> None:
        """Start it and return at once."""

    @abc.abstractmethod
    def power_off(self) -> None:
        """Stop it without a shutdown, as a compute service destroys an instance."""

    @abc.abstractmethod
    def start(self, command: str) -> GuestCommand:
        """Start a shell command beside those that already run."""

    @property
    @abc.abstractmethod
    def console(self) -> str:
        """The output of its console since it was powered on."""

    @property
    def leases(self) -> list[ReportedLease]:
        """The leases that its console has shown so far."""
        return [ReportedLease.parse(text) for text in _LEASE.findall(self.console)]

    @property
    def address(self) -> str:
        """Its own address, from DHCP."""
        return self.leases[0].address

    @abc.abstractmethod
    def wait_until_up(self, timeout: float = 240) -> ReportedLease:
        """Wait for its first lease and return it."""

    def run(self, command: str, timeout: float = 30) -> str:
        """Run a command that has to succeed and return its output."""
        started = self.start(command)
        try:
            status = started.wait(timeout)
        except TimedOutError:
            started.end()
            raise
        assert status == 0, f"{self.name}$ {command}: status {status}: {started.output}"
        return started.output

    def pings(self, address: object, count: int = 5) -> Pings:
        """Ping an address and return the counts."""
        started = self.start(ping_command(address, count))
        started.wait(timeout=30 + count)
        return read_pings(started.output)

    def ping(self, other: "Guest", count: int = 5) -> None:
        """Ping another guest by its fixed address; every ping must be answered."""
        actual = self.pings(other.address, count)
        assert actual == Pings(count, count), f"{self.name} to {other.name}: {actual}"

    def can_connect(self, address: object, port: int) -> bool:
        """Return whether a TCP connection can be opened within a few seconds."""
        return self.start(f"nc -w 4 {address} {port} </dev/null").wait(20) == 0

    def get_address_seen_outside(self) -> str:
        """Return the source address that the outside host sees when this guest connects to it."""
        return self.run(f"nc -w 10 {OUTSIDE_HOST.ip} 8000 </dev/null | head -n 1").strip()

    def serve_echo(self, port: int) -> GuestCommand:
        """Run a TCP echo server."""
        return self.start(f"nc -ll -p {port} -e cat")
