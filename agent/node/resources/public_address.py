"""A floating IP on a public NIC."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource


@dataclass(frozen=True)
class PublicAddress(Resource):
    """A floating IP on a public NIC, so that the node answers ARP for it."""

    order: ClassVar[int] = 110

    device: str
    address: IPv4Address

    @property
    def key(self) -> str:
        return f"floating {self.address} on {self.device}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("table nat",)

    @property
    def devices(self) -> tuple[str, ...]:
        return (self.device,)

    def __str__(self) -> str:
        return self.key
