"""What all kinds of resource have in common.

A resource is something that an agent manages on its host: a bridge, an address, a dnsmasq process.
Desired and actual resources have the same types, so the work is their difference. Each kind is one
class in one file of this package with all that planning needs to know; no other place lists the
kinds.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import ClassVar

# What the firewall provides, whichever kind of firewall it is.
ISOLATION = "isolation of projects"
NAT = "NAT of floating IPs"


class Management(Enum):
    """What the agent does with the resources of a kind."""

    MANAGED = "created and removed"
    KEPT = "created, never removed"  # others may rely on it
    IMPLIED = "created by another resource, removed by itself"
    OBSERVED = "created by something else, removed"

    @property
    def creates(self) -> bool:
        return self is Management.MANAGED or self is Management.KEPT

    @property
    def removes(self) -> bool:
        return self is not Management.KEPT


class Resource:
    """Something on a host; subclasses are frozen dataclasses."""

    order: ClassVar[int]  # place in the order of creation; removal goes the other way
    management: ClassVar[Management] = Management.MANAGED
    # Holds parts of many networks, so it is not changed before all networks are known.
    shared: ClassVar[bool] = False

    @property
    @abstractmethod
    def key(self) -> str:
        """The name of the resource on its host; of each key a host has at most one resource.

        Log lines begin with it, so it reads as one: ``bridge br100``. Kinds of which a host has
        thousands keep it once it is built.
        """

    @property
    def details(self) -> str:
        """Its values, for the log; empty: the key says all."""
        return ""

    def __str__(self) -> str:
        return f"{self.key} ({self.details})" if self.details else self.key

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with an actual resource; a kind that can have faults has it as a field.

        As a field it is part of equality, so a faulty actual resource equals no desired one.
        """
        return ()

    @property
    def rank(self) -> int:
        """Place in the order of creation, where it differs between resources of one kind."""
        return self.order

    @property
    def bridge_name(self) -> str | None:
        """The bridge of the network that it belongs to; None: many networks share it."""
        return None

    @property
    def owner(self) -> str | None:
        """The network or the bridge that has a link; None: it is no link.

        A link that one network has is not given to another.
        """
        return None

    @property
    def provides(self) -> tuple[str, ...]:
        """Names, besides the key, under which other resources depend on it."""
        return ()

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Keys and provided names of the resources that must exist before it can be created."""
        return ()

    @property
    def devices(self) -> tuple[str, ...]:
        """NICs of the operator's that it needs."""
        return ()

    @property
    def carriers(self) -> tuple[str, ...]:
        """Devices whose addresses the neighbours may reach in another way once it is changed."""
        return ()

    @property
    def vanishes_with(self) -> tuple[str, ...]:
        """Keys of the resources with which the kernel removes it."""
        return ()

    def removal_blocked_by(self, actual: Resources) -> str | None:
        """Return why it must not be removed yet; None: it can be."""
        return None

    def read_back(self) -> Iterator[Resource]:
        """Yield what a host shows of it after its creation."""
        yield self


Resources = Mapping[str, Resource]  # by key


def by_key(*resources: Resource) -> dict[str, Resource]:
    """Return the resources by their keys."""
    return {resource.key: resource for resource in resources}
