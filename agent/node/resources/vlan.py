"""An 802.1Q subinterface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource, Resources
from cloudnet.agent.node.resources.bridge import guests_in


@dataclass(frozen=True)
class Vlan(Resource):
    """An 802.1Q subinterface in its network's bridge."""

    order: ClassVar[int] = 50

    name: str
    network: str  # uuid
    parent: str
    tag: int
    mtu: int
    bridge: str
    faults: tuple[str, ...] = ()  # down…

    @property
    def key(self) -> str:
        return f"vlan {self.name}"

    @property
    def bridge_name(self) -> str:
        return self.bridge

    @property
    def owner(self) -> str:
        return self.network

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"bridge {self.bridge}",)

    @property
    def devices(self) -> tuple[str, ...]:
        return (self.parent,)

    @property
    def carriers(self) -> tuple[str, ...]:
        return (self.bridge,)

    def removal_blocked_by(self, actual: Resources) -> str | None:
        """Return which guests still need it: those in its bridge."""
        return guests_in(actual, self.bridge)

    @property
    def details(self) -> str:
        return f"tag {self.tag} on {self.parent}, mtu {self.mtu}, in {self.bridge}"
