"""A floating IP on a public NIC."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from typing import ClassVar

from cloudnet.agent.node.resources.base import NAT, Resource


@dataclass(frozen=True)
class PublicAddress(Resource):
    """A floating IP on a public NIC, so that the host answers ARP requests for it."""

    order: ClassVar[int] = 110

    device: str
    address: IPv4Address

    @cached_property
    def key(self) -> str:
        return f"floating IP {self.address} on {self.device}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (NAT,)

    @property
    def devices(self) -> tuple[str, ...]:
        return (self.device,)

    @property
    def carriers(self) -> tuple[str, ...]:
        return (self.device,)
