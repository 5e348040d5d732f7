"""The port through which use cases notify hosts after a commit.

A notification only saves time: a lost or repeated one does no harm, because every heartbeat
compares revisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from cloudnet.controller.model.changes import Change
from cloudnet.controller.model.records import SnapshotKey


class HostNotifier(Protocol):
    """Notifies hosts of changes that are committed."""

    def notify_hosts(self, changed: Iterable[SnapshotKey]) -> None:
        """Send these snapshots to their hosts."""

    def notify_ranges(self) -> None:
        """Send the ranges of all networks to every host: a network was created or deleted."""

    def notify_dns(self) -> None:
        """Send the names in DNS that changed to every host."""


class ChangeSink(Protocol):
    """Announces committed changes to subscribers."""

    def announce(self, changes: Sequence[Change]) -> None:
        """Announce the changes of a transaction; never raises."""


class NullSink:
    """Announces nothing."""

    def announce(self, changes: Sequence[Change]) -> None:
        """Do nothing."""


class NullNotifier:
    """Notifies no host; each agent gets the change in the reply to its next heartbeat."""

    def notify_hosts(self, changed: Iterable[SnapshotKey]) -> None:
        """Do nothing."""

    def notify_ranges(self) -> None:
        """Do nothing."""

    def notify_dns(self) -> None:
        """Do nothing."""
