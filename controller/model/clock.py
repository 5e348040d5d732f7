"""The clock that is passed to whatever depends on the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]  # returns the present time in UTC
