"""The kernel's settings of one link of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cloudnet.agent.node.resources.base import Management, Resource


@dataclass(frozen=True)
class LinkSysctls(Resource):
    """``net.ipv4.conf.<link>`` and ``net.ipv6.conf.<link>``: no IPv6, ARP for its address alone.

    They exist as long as the link does.
    """

    order: ClassVar[int] = 45  # before frames of other hosts can reach the bridge
    management: ClassVar[Management] = Management.KEPT

    link: str  # a bridge, or the VLAN device in it
    bridge: str
    faults: tuple[str, ...] = ()  # has IPv6…

    @property
    def key(self) -> str:
        return f"sysctls of {self.link}"

    @property
    def rank(self) -> int:
        """A VLAN device is later than its bridge."""
        return self.order if self.link == self.bridge else self.order + 10

    @property
    def bridge_name(self) -> str:
        return self.bridge

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (self._link_key,)

    @property
    def vanishes_with(self) -> tuple[str, ...]:
        return (self._link_key,)

    @property
    def _link_key(self) -> str:
        return f"bridge {self.link}" if self.link == self.bridge else f"vlan {self.link}"

    @property
    def details(self) -> str:
        return "no IPv6, strict ARP"
