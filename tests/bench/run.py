"""Running measures one after the other, so that a failure loses none of the figures before it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.bench.figures import Figure


@dataclass(frozen=True)
class Outcome:
    """The figures there are, and the one line of a measure that failed."""

    figures: list[Figure]
    failure: str | None = None  # None: all were measured


def run_measures(measures: Mapping[str, Callable[[], Iterable[Figure]]]) -> Outcome:
    """Run them in their order until one fails."""
    figures: list[Figure] = []
    for name, measure in measures.items():
        try:
            for figure in measure():
                figures.append(figure)
        except KeyboardInterrupt:
            return Outcome(figures, f"{name}: interrupted")
        except Exception as error:  # noqa: BLE001 - whatever it is, the figures so far are printed
            reason = " ".join(str(error).split())
            return Outcome(figures, f"{name}: {type(error).__name__}: {reason}")
    return Outcome(figures)
