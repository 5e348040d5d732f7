"""The database's versions: up, down, and the same as what the code believes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db import schema
from cloudnet.controller.db.engine import Database
from cloudnet.controller.db.tables import metadata


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/cloudnet.sqlite"


def objects(url: str) -> list[str]:
    database = Database(url)
    with database.reading() as connection:
        names = connection.scalars(
            sa.text("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        ).all()
    database.close()
    return sorted(name for name in names if not name.startswith("sqlite_"))


def test_a_new_database_is_upgraded_to_the_head(url: str) -> None:
    assert schema.get_version(url) is None

    schema.upgrade(url)

    assert schema.get_version(url) == schema.get_head()
    assert objects(url) == sorted(["alembic_version", "ip_usage", *metadata.tables])


def test_upgrading_twice_is_success(url: str) -> None:
    schema.upgrade(url)
    schema.upgrade(url)

    assert schema.get_version(url) == schema.get_head()


def test_the_versions_lead_to_the_tables_of_the_code(url: str) -> None:
    schema.upgrade(url)

    assert schema.list_differences(url) == []


def test_the_constraints_are_those_of_the_code(tmp_path: Path, url: str) -> None:
    """Alembic compares no checks; SQLite keeps the text of every table."""
    schema.upgrade(url)
    other = f"sqlite:///{tmp_path}/direct.sqlite"
    database = Database(other)
    with database.changing_schema() as connection:
        metadata.create_all(connection)
    database.close()

    assert _texts(url) == _texts(other)


def test_a_table_that_was_changed_by_hand_is_found(url: str) -> None:
    schema.upgrade(url)
    database = Database(url)
    with database.changing_schema() as connection:
        connection.execute(sa.text("ALTER TABLE networks DROP COLUMN mtu"))
    database.close()

    assert "mtu" in str(schema.list_differences(url))


def test_downgrading_leaves_nothing(url: str) -> None:
    schema.upgrade(url)

    schema.downgrade(url, "base")

    assert objects(url) == ["alembic_version"]
    assert schema.get_version(url) is None


def test_a_database_of_another_release_is_refused(url: str) -> None:
    schema.upgrade(url)
    database = Database(url)
    with database.changing_schema() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseUnavailable, match="version 9999"):
        schema.require_head(database)
    database.close()
    with pytest.raises(DatabaseUnavailable, match="version 9999"):
        schema.upgrade(url)


@pytest.mark.parametrize(
    ("found", "trouble"),
    [
        ("0002", None),
        (None, "the database has no tables yet; run `cloudnet-manage db sync`"),
        ("0001", "the tables are at version 0001, not 0002; run `cloudnet-manage db sync`"),
        ("0003", "the tables are at version 0003, which this release does not know"),
    ],
)
def test_what_to_do_about_tables_depends_on_which_way_they_differ(
    found: str | None, trouble: str | None
) -> None:
    message = schema.explain_mismatch(found, "0002", {"0001", "0002"})

    assert (message or "").startswith(trouble or "")
    assert (message is None) is (trouble is None)


def _texts(url: str) -> dict[str, str]:
    database = Database(url)
    with database.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')")
        ).all()
    database.close()
    return {
        name: " ".join(sql.split()).replace("( ", "(")
        for name, sql in rows
        if sql and name != "alembic_version"
    }
