"""Caller reaches whom: pings and TCP, asked for and understood the same way wherever they run."""

import re
from dataclasses import dataclass

_COUNTS = re.compile(r"(\d+) packets transmitted, (\d+) (?:packets )?received")


@dataclass(frozen=True)
class Pings:
    """How many echo requests were sent and how many answers came."""

    sent: int
    received: int

    @property
    def lost(self) -> int:
        return self.sent - self.received

    def __str__(self) -> str:
        return f"{self.received} of {self.sent} pings answered"


def ping_command(address: object, count: int, interval: float = 0.2) -> str:
    """Return the command, in words that busybox and iputils both understand."""
    return f"ping -q -c {count} -i {interval:g} -W 2 {address}"


def read_pings(output: str) -> Pings:
    """Return what a ping's summary says."""
    found = _COUNTS.search(output)
    assert found, f"there was no ping, but: {output.strip() or 'silence'}"
    return Pings(int(found[1]), int(found[2]))
