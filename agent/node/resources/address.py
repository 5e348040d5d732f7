"""The host's address on a bridge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Interface
from typing import ClassVar

from cloudnet.agent.node.resources.base import ISOLATION, NAT, Resource


@dataclass(frozen=True)
class Address(Resource):
    """The host's address on a bridge of ours."""

    order: ClassVar[int] = 70

    device: str
    interface: IPv4Interface

    @cached_property
    def key(self) -> str:
        return f"address {self.interface} on {self.device}"

    @property
    def bridge_name(self) -> str:
        return self.device

    @property
    def depends_on(self) -> tuple[str, ...]:
        # Without isolation, a guest could reach another project through this address; without NAT,
        # its packets would leave under its own.
        return (f"bridge {self.device}", ISOLATION, NAT)

    @property
    def carriers(self) -> tuple[str, ...]:
        return (self.device,)

    @property
    def vanishes_with(self) -> tuple[str, ...]:
        return (f"bridge {self.device}",)
