"""Figures as values: what was measured, beside what, and whether the goal is met."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the samples do not exceed, interpolated between two."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True)
class Goal:
    """The largest (or smallest) value that a figure, or its ratio to the reference, should have."""

    limit: float
    of_ratio: bool = False
    at_least: bool = False

    def met_by(self, value: float, ratio: float | None) -> bool | None:
        """Return whether it is met; None if it is for a ratio and there is none."""
        compared = ratio if self.of_ratio else value
        if compared is None:
            return None
        return compared >= self.limit if self.at_least else compared <= self.limit


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str  # ms, /s, MB or %
    beside: str = ""  # what the reference is; empty: there is none
    reference: float | None = None  # in the same unit
    goal: Goal | None = None  # None: there is none
    samples: Sequence[float] = field(default=(), repr=False)  # in the order they were taken

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of the reference."""
        return self.value / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if there is none."""
        return None if self.goal is None else self.goal.met_by(self.value, self.ratio)

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        """Return all of it for a JSON file."""
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


def milliseconds(seconds: Sequence[float]) -> list[float]:
    """Return durations in milliseconds."""
    return [1000 * each for each in seconds]
