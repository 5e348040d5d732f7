"""The tables' version: where the database stands, and how it gets to where this release is.

No file on disk but the versions themselves is needed, so it works from an installed wheel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cloudnet import migrations
from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.database import Database
from cloudnet.controller.tables import metadata


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision; at it already is success."""
    with _configured(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the database back to a revision, ``base`` for no tables at all."""
    with _configured(url) as config:
        command.downgrade(config, revision)


def current(url: str) -> str | None:
    """Return the revision the database is at, None when it has no tables of ours."""
    with _connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the revision this release works with."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "cloudnet.migrations has no versions"  # noqa: S101 - a broken wheel
    return revision


def require(database: Database) -> None:
    """See to it that the database answers and has this release's tables.

    :raises DatabaseUnavailable: it does not, or has those of another release
    """
    with database.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != head():
        state = "has no tables yet" if found is None else f"is at version {found}, not {head()}"
        raise DatabaseUnavailable(f"the database {state}; run `cloudnet-manage db sync`")


def check(url: str) -> list[str]:
    """Return how the database's tables differ from what this release works with."""
    with _connection(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return [str(difference) for difference in compare_metadata(context, metadata)]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(next(iter(migrations.__path__)))))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _configured(url: str) -> Iterator[Config]:
    config = _config()
    with _connection(url) as connection:
        config.attributes["connection"] = connection
        yield config


@contextmanager
def _connection(url: str) -> Iterator[sa.Connection]:
    database = Database(url, connections=1)
    try:
        with database.changing_tables() as connection:
            yield connection
    finally:
        database.close()
