"""Something that was to be seen, and what was seen: the same for a test and for a table to read."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One claim about the cloud."""

    what: str
    expected: str
    seen: str
    ok: bool

    @classmethod
    def same(cls, what: str, expected: object, seen: object) -> "Check":
        """Claim that two things read the same."""
        return cls(what, _words(expected), _words(seen), str(expected) == str(seen))

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, seen {self.seen}"


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def hold(checks: Iterable[Check]) -> None:
    """Assert that all of them do."""
    broken = [str(check) for check in checks if not check.ok]
    assert not broken, "\n".join(["these do not hold:", *broken])


def table(checks: Iterable[Check], width: int = 52) -> str:
    """Return them as a table."""
    rows = [("what", "expected", "seen", "")]
    rows += [(c.what, c.expected, c.seen, "ok" if c.ok else "NOT OK") for c in checks]
    widths = [min(width, max(len(row[column]) for row in rows)) for column in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[3]]).rstrip())
    lines.insert(1, "  ".join("-" * size for size in widths) + "  ------")
    return "\n".join(lines)
