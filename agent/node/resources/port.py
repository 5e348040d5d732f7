"""A NIC that is a port of a bridge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource, Resources
from cloudnet.agent.node.resources.bridge import guests_in


@dataclass(frozen=True)
class Port(Resource):
    """A NIC of the operator's that carries a flat network, in its bridge."""

    order: ClassVar[int] = 60

    device: str
    bridge: str
    faults: tuple[str, ...] = ()  # down…

    @property
    def key(self) -> str:
        return f"port {self.device}"

    @property
    def bridge_name(self) -> str:
        return self.bridge

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"bridge {self.bridge}",)

    @property
    def devices(self) -> tuple[str, ...]:
        return (self.device,)

    def removal_blocked_by(self, actual: Resources) -> str | None:
        """What carries the frames of a bridge is not removed while a guest is in the bridge."""
        return guests_in(actual, self.bridge)

    def __str__(self) -> str:
        return f"port {self.device} in {self.bridge}"
