"""Which arguments dnsmasq refused, and which served before.

Arguments that were refused are not tried again before they, or the operator's file that they name,
change: an attempt may interrupt DHCP.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.file_stamps import Stamp, read_stamp
from cloudnet.agent.node.resources.dnsmasq import Arguments, Refusal, find_config_file


@dataclass(frozen=True)
class Attempt:
    """Arguments, and the operator's file that they name as it was before they were tried."""

    arguments: Arguments
    file: Path | None  # None: they name none
    stamp: Stamp

    @classmethod
    def begin(cls, arguments: Arguments) -> Attempt:
        """Return an attempt with these arguments and the file as it is now."""
        file = find_config_file(arguments)
        return cls(arguments, file, _read_stamp(file))

    @property
    def is_outdated(self) -> bool:
        """Whether the file is another one now, so that the arguments may be right."""
        return _read_stamp(self.file) != self.stamp


@dataclass(frozen=True)
class _Refused:
    attempt: Attempt
    refusal: Refusal


class Refusals:
    """What an agent remembers of each bridge; after a restart, the processes show it."""

    def __init__(self) -> None:
        self._former: dict[str, Arguments] = {}  # of the last process that served the bridge
        self._refused: dict[str, _Refused] = {}

    def get_former(self, bridge: str) -> Arguments | None:
        """Return the arguments of the last process that served the bridge, if it is known."""
        return self._former.get(bridge)

    def get_refusal(self, bridge: str) -> Refusal | None:
        """Return the refusal that holds; it ends when the operator's file changes."""
        refused = self._refused.get(bridge)
        if refused is None:
            return None
        if refused.attempt.is_outdated:
            self.end(bridge)
            return None
        return refused.refusal

    def has_outdated(self) -> bool:
        """Return whether the operator has changed a file that was refused."""
        return any(refused.attempt.is_outdated for refused in self._refused.values())

    def record_serving(self, bridge: str, arguments: Arguments) -> None:
        """Record that a process with these arguments serves the bridge."""
        self._former[bridge] = arguments
        refused = self._refused.get(bridge)
        if refused is not None and refused.attempt.arguments == arguments:
            self.end(bridge)

    def add(self, bridge: str, attempt: Attempt, former: Arguments, why: str) -> None:
        """Record that an attempt failed, and that the former arguments serve instead."""
        self._refused[bridge] = _Refused(attempt, Refusal(attempt.arguments, former, why))

    def end(self, bridge: str) -> None:
        """Let the refused arguments be tried again."""
        self._refused.pop(bridge, None)

    def forget(self, bridge: str) -> None:
        """Forget a bridge whose dnsmasq was removed."""
        self.end(bridge)
        self._former.pop(bridge, None)


def _read_stamp(file: Path | None) -> Stamp:
    return None if file is None else read_stamp(str(file))
