"""What the use cases say after their commit; whoever hears it must tolerate hearing it twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from cloudnet.controller.model.records import Touched

Clock = Callable[[], datetime]


class HostNotifier(Protocol):
    """Where changes are announced."""

    def hosts(self, touched: Iterable[Touched]) -> None:
        """These hosts' pictures of these networks have changed."""

    def ranges(self) -> None:
        """A network has come or gone."""


class NullNotifier:
    """Nobody is told; every agent's next heartbeat finds out."""

    def hosts(self, touched: Iterable[Touched]) -> None:
        """Say nothing."""

    def ranges(self) -> None:
        """Say nothing."""
