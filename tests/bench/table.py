"""The table of figures that is printed."""

from collections.abc import Iterable, Sequence

from tests.bench.figures import Figure

HEADINGS = ("what", "measured", "beside", "ratio", "goal", "met")


def format_table(figures: Iterable[Figure]) -> str:
    """Return the figures in aligned columns."""
    rows = [HEADINGS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADINGS))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def format_value(value: float, unit: str) -> str:
    """Return a value with three significant digits where it has them."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def _row(figure: Figure) -> tuple[str, ...]:
    beside = figure.beside
    if figure.reference is not None:
        beside = f"{beside} {format_value(figure.reference, figure.unit)}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    met = {True: "yes", False: "no", None: ""}[figure.met]
    return (figure.what, format_value(figure.value, figure.unit), beside, ratio, _goal(figure), met)


def _goal(figure: Figure) -> str:
    goal = figure.goal
    if goal is None:
        return ""
    sign = "≥" if goal.at_least else "≤"
    return (
        f"ratio {sign} {goal.limit:.2g}"
        if goal.of_ratio
        else f"{sign} {goal.limit:g} {figure.unit}"
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
