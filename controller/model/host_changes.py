"""Changes of what a host must have of a network, until they are part of a revision."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from cloudnet.controller.model.records import SnapshotKey


@dataclass(frozen=True)
class ChangedPart:
    """The part of a snapshot that a transaction changes; without addresses it is all of it."""

    vif: str | None = None  # uuid of a VIF that the host has to serve from now on
    fixed_ip: IPv4Address | None = None
    floating_ip: IPv4Address | None = None

    @property
    def is_whole(self) -> bool:
        """Whether more may have changed than single addresses."""
        return self.fixed_ip is None and self.floating_ip is None


WHOLE = ChangedPart()


@dataclass(frozen=True)
class HostChange:
    """What became part of a new revision of a network on a host."""

    key: SnapshotKey
    base: int | None  # the revision before; None: the host did not have the network
    revision: int
    parts: tuple[ChangedPart, ...]


@dataclass(frozen=True)
class Fold:
    """Changes that became part of new revisions, in the order of hosts and networks."""

    changes: tuple[HostChange, ...]
    is_complete: bool  # False: there may be more
