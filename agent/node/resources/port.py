"""A NIC that is a port of a bridge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource, Resources
from cloudnet.agent.node.resources.bridge import guests_in


@dataclass(frozen=True)
class Port(Resource):
    """The operator's NIC below a flat network, as a port of the network's bridge."""

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
    def owner(self) -> str:
        return self.bridge

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"bridge {self.bridge}",)

    @property
    def devices(self) -> tuple[str, ...]:
        return (self.device,)

    @property
    def carriers(self) -> tuple[str, ...]:
        return (self.bridge,)

    def removal_blocked_by(self, actual: Resources) -> str | None:
        """Return which guests still need it: those in its bridge."""
        return guests_in(actual, self.bridge)

    @property
    def details(self) -> str:
        return f"in {self.bridge}"
