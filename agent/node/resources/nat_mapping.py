"""The NAT of one floating IP."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from cloudnet.agent.node.resources.base import Management, Resource


@dataclass(frozen=True)
class NatMapping(Resource):
    """A floating IP's two-way NAT, as the rules of the nat table say it.

    Made by the rules themselves; taking it away means that the kernel forgets the connections
    that went through it.
    """

    order: ClassVar[int] = 100
    management: ClassVar[Management] = Management.OBSERVED  # the rules of table nat make it

    floating: IPv4Address
    fixed: IPv4Address

    @property
    def key(self) -> str:
        return f"translation {self.floating} to {self.fixed}"

    @property
    def note(self) -> str:
        """How a rule's comment says it."""
        return f"{self.floating} is {self.fixed}"

    @classmethod
    def noted(cls, note: str) -> NatMapping | None:
        """Return the translation that a rule's comment says; None when it says none."""
        floating, _, fixed = note.partition(" is ")
        try:
            return cls(IPv4Address(floating), IPv4Address(fixed))
        except ValueError:
            return None

    def __str__(self) -> str:
        return self.key
