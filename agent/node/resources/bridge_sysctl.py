"""A kernel setting of one bridge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cloudnet.agent.node.resources.base import Management, Resource


@dataclass(frozen=True)
class BridgeSysctl(Resource):
    """``net.ipv6.conf.<bridge>.<name>``, which exists as long as the bridge does."""

    order: ClassVar[int] = 45  # before frames of other hosts can reach the bridge
    management: ClassVar[Management] = Management.KEPT

    bridge: str
    name: str
    value: str

    @property
    def key(self) -> str:
        return f"sysctl net.ipv6.conf.{self.bridge}.{self.name}"

    @property
    def bridge_name(self) -> str:
        return self.bridge

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"bridge {self.bridge}",)

    @property
    def vanishes_with(self) -> tuple[str, ...]:
        return (f"bridge {self.bridge}",)

    @property
    def details(self) -> str:
        return self.value


def ignore_router_advertisements(bridge: str) -> BridgeSysctl:
    """Return the setting without which a guest could give the host an address or a route."""
    return BridgeSysctl(bridge, "accept_ra", "0")
