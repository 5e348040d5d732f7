"""The clock that is passed to whatever depends on the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]  # returns the present time in UTC


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
