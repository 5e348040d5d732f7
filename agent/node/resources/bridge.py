"""The bridge of a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource, Resources


@dataclass(frozen=True)
class Bridge(Resource):
    """A network's bridge: no spanning tree, no forward delay, a fixed MAC and MTU."""

    order: ClassVar[int] = 40

    name: str
    network: str  # uuid
    mac: str
    mtu: int
    faults: tuple[str, ...] = ()  # down, spanning tree…
    guests: tuple[str, ...] = field(default=(), compare=False)  # foreign ports of an actual bridge

    @property
    def key(self) -> str:
        return f"bridge {self.name}"

    @property
    def bridge_name(self) -> str:
        return self.name

    @property
    def owner(self) -> str:
        return self.network

    @property
    def carriers(self) -> tuple[str, ...]:
        return (self.name,)

    def removal_blocked_by(self, actual: Resources) -> str | None:
        """Return which guests are still in it."""
        return guests_in(actual, self.name)

    @property
    def details(self) -> str:
        return f"mac {self.mac}, mtu {self.mtu}"


def guests_in(actual: Resources, bridge: str) -> str | None:
    """Return which guests are in the bridge, as a reason to wait; None: there are none."""
    found = actual.get(f"bridge {bridge}")
    if isinstance(found, Bridge) and found.guests:
        are = "is" if len(found.guests) == 1 else "are"
        return f"{', '.join(found.guests)} {are} still in {bridge}"
    return None
