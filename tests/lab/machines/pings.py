"""Pings: the command and its output, for iputils and busybox alike."""

import re
from dataclasses import dataclass

_COUNTS = re.compile(r"(\d+) packets transmitted, (\d+) (?:packets )?received")


@dataclass(frozen=True)
class Pings:
    """The number of echo requests sent and of replies received."""

    sent: int
    received: int

    @property
    def lost(self) -> int:
        return self.sent - self.received

    def __str__(self) -> str:
        return f"{self.received} of {self.sent} pings answered"


def ping_command(address: object, count: int, interval: float = 0.2) -> str:
    """Return a command that busybox and iputils both accept."""
    return f"ping -q -c {count} -i {interval:g} -W 2 {address}"


def read_pings(output: str) -> Pings:
    """Parse the summary of a ping."""
    found = _COUNTS.search(output)
    assert found, f"no summary of a ping in: {output.strip() or '(no output)'}"
    return Pings(int(found[1]), int(found[2]))
