"""Forwarding of IPv4 packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cloudnet.agent.node.resources.base import Management, Resource


@dataclass(frozen=True)
class Forwarding(Resource):
    """``net.ipv4.ip_forward``, without which a host is no gateway. Never turned off.

    Each link has a setting of its own, which a change of that one sets, and others may clear.
    """

    faults: tuple[str, ...] = ()

    order: ClassVar[int] = 10
    management: ClassVar[Management] = Management.KEPT

    @property
    def key(self) -> str:
        return "IPv4 forwarding"
