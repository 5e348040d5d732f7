"""When the loop reads the host although no event asks for it."""

from __future__ import annotations

from collections.abc import Callable

# How often what has no events (such as iptables tables) is checked, cheaply and without a read.
DRIFT_CHECK_SECONDS = 3.0


class Schedule:
    """The next read and the next drift check, on the loop's clock."""

    def __init__(self, clock: Callable[[], float], resync_seconds: float) -> None:
        self._clock = clock
        self._resync_seconds = resync_seconds
        self._read_at = clock()
        self._check_at = clock()

    @property
    def next_at(self) -> float:
        """When one of them is due."""
        return min(self._read_at, self._check_at)

    @property
    def is_read_due(self) -> bool:
        return self._clock() >= self._read_at

    @property
    def is_drift_check_due(self) -> bool:
        return self._clock() >= self._check_at

    def record_read(self) -> None:
        """Begin the interval to the next resync."""
        self._read_at = self._clock() + self._resync_seconds
        self.record_drift_check()

    def record_drift_check(self) -> None:
        """Begin the interval to the next drift check."""
        self._check_at = self._clock() + DRIFT_CHECK_SECONDS

    def read_within(self, seconds: float) -> None:
        """Read not later than in ``seconds``."""
        self._read_at = min(self._read_at, self._clock() + seconds)
