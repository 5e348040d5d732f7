"""Differences of the tables are described in words, whichever kind they are of."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.controller.db import schema


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("DROP TABLE host_problems", "table host_problems is missing"),
        ("CREATE TABLE notes (id INTEGER)", "table notes is not cloudnet's"),
        ("ALTER TABLE quotas ADD COLUMN note TEXT", "column quotas.note is not cloudnet's"),
        (
            "CREATE INDEX slow ON networks (label)",
            "index slow of table networks is not cloudnet's",
        ),
    ],
)
def test_a_difference_is_described_in_words(tmp_path: Path, statement: str, line: str) -> None:
    url = f"sqlite:///{tmp_path}/a.sqlite"
    schema.upgrade(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)

    assert line in schema.list_differences(url)

    engine.dispose()
