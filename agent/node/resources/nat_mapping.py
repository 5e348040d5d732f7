"""The NAT of one floating IP."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from typing import ClassVar

from cloudnet.agent.node.resources.base import Management, Resource


@dataclass(frozen=True)
class NatMapping(Resource):
    """The NAT between a floating IP and a fixed IP.

    The rules of the nat table create it. To remove it is to delete its connections from the
    kernel's connection tracking.
    """

    order: ClassVar[int] = 100
    management: ClassVar[Management] = Management.IMPLIED  # the rules of table nat create it

    floating: IPv4Address
    fixed: IPv4Address

    @cached_property
    def key(self) -> str:
        return f"NAT mapping {self.floating} to {self.fixed}"

    @property
    def note(self) -> str:
        """Its form in the comment of a rule."""
        return f"{self.floating} is {self.fixed}"

    @classmethod
    def noted(cls, note: str) -> NatMapping | None:
        """Return the mapping in the comment of a rule; None: the comment has none."""
        floating, _, fixed = note.partition(" is ")
        try:
            return cls(IPv4Address(floating), IPv4Address(fixed))
        except ValueError:
            return None
