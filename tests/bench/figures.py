"""Figures as values: what was measured, beside what, and whether it is as good as was hoped."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the samples do not exceed, between two where need be."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True)
class Goal:
    """What a figure should be at most (or at least): itself, or its ratio to what is beside it."""

    limit: float
    of_ratio: bool = False
    at_least: bool = False

    def met_by(self, value: float, ratio: float | None) -> bool | None:
        """Say whether it is met; None: there is no ratio to judge by."""
        judged = ratio if self.of_ratio else value
        if judged is None:
            return None
        return judged >= self.limit if self.at_least else judged <= self.limit


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str  # ms, /s or MB
    beside: str = ""  # empty: beside nothing
    reference: float | None = None  # in the same unit
    goal: Goal | None = None  # None: told for scale
    samples: Sequence[float] = field(default=(), repr=False)  # in the order they were taken

    @property
    def ratio(self) -> float | None:
        """How many times the reference it is."""
        return self.value / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """Whether its goal is met; None: it has none."""
        return None if self.goal is None else self.goal.met_by(self.value, self.ratio)

    def plain(self) -> dict[str, Any]:  # Any: JSON
        """Return all of it for a JSON file."""
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


def milliseconds(seconds: Sequence[float]) -> list[float]:
    """Return durations in the unit of the table."""
    return [1000 * each for each in seconds]
