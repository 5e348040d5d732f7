"""The form of the documents: what a reader sees of their source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
COLUMNS = 120
DOCUMENTS = sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md")])


def list_long_lines(text: str) -> Iterator[str]:
    """Yield the lines that are too long, except those of tables and of code."""
    is_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code and not line.lstrip().startswith("|") and len(line) > COLUMNS:
            yield f"{number}: {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_no_prose_line_has_more_than_120_columns(document: Path) -> None:
    assert list(list_long_lines(document.read_text())) == []
