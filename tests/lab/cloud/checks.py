"""Checks: an expected and an actual value, for a test to assert and for a table to show."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One statement about the cloud, and whether it is true."""

    what: str
    expected: str
    actual: str
    ok: bool

    @classmethod
    def same(cls, what: str, expected: object, actual: object) -> "Check":
        """Check that two values have the same text."""
        return cls(what, _format(expected), _format(actual), str(expected) == str(actual))

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, actual {self.actual}"


def _format(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def assert_all(checks: Iterable[Check]) -> None:
    """Assert that all checks are ok."""
    failed = [str(check) for check in checks if not check.ok]
    assert not failed, "\n".join(["failed checks:", *failed])


def format_table(checks: Iterable[Check], width: int = 52) -> str:
    """Return the checks as a table."""
    rows = [("check", "expected", "actual", "")]
    rows += [(c.what, c.expected, c.actual, "ok" if c.ok else "NOT OK") for c in checks]
    widths = [min(width, max(len(row[column]) for row in rows)) for column in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[3]]).rstrip())
    lines.insert(1, "  ".join("-" * size for size in widths) + "  ------")
    return "\n".join(lines)
