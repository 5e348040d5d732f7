"""The bridge of a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource, Resources


@dataclass(frozen=True)
class Bridge(Resource):
    """A network's bridge: no spanning tree, no forward delay, a MAC that stays."""

    order: ClassVar[int] = 40

    name: str
    network: str  # uuid
    mac: str
    mtu: int
    faults: tuple[str, ...] = ()  # down, spanning tree…
    guests: tuple[str, ...] = field(default=(), compare=False)  # foreign ports, as found

    @property
    def key(self) -> str:
        return f"bridge {self.name}"

    @property
    def bridge_name(self) -> str:
        return self.name

    def removal_blocked_by(self, actual: Resources) -> str | None:
        """A bridge is not removed while a guest is in it."""
        return guests_in(actual, self.name)

    def __str__(self) -> str:
        return f"bridge {self.name} mac {self.mac} mtu {self.mtu}"


def guests_in(actual: Resources, bridge: str) -> str | None:
    """Return a line that names the guests in the bridge; None: there are none."""
    found = actual.get(f"bridge {bridge}")
    if isinstance(found, Bridge) and found.guests:
        return f"{', '.join(found.guests)} still in {bridge}"
    return None
