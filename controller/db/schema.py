"""The tables' version: where the database stands, and how it gets to where this release is.

No file on disk but the versions themselves is needed, so it works from an installed wheel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any  # Any: a column of whichever type

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cloudnet import migrations
from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db.engine import Database
from cloudnet.controller.db.tables import metadata


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision; at it already is success.

    :raises DatabaseUnavailable: it is at one that this release does not know
    """
    with _configured(url) as config:
        require_known(_revision(config.attributes["connection"]))
        command.upgrade(config, revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the database back to a revision, ``base`` for no tables at all."""
    with _configured(url) as config:
        command.downgrade(config, revision)


def current(url: str) -> str | None:
    """Return the revision the database is at, None when it has no tables of ours."""
    with _connection(url) as connection:
        return _revision(connection)


def head() -> str:
    """Return the revision this release works with."""
    revision = _scripts().get_current_head()
    assert revision is not None, "cloudnet.migrations has no versions"  # noqa: S101 - a broken wheel
    return revision


def require(database: Database) -> None:
    """See to it that the database answers and has this release's tables.

    :raises DatabaseUnavailable: it does not, or has those of another release
    """
    with database.reading() as connection:
        found = _revision(connection)
    wrong = trouble(found, head(), known())
    if wrong is not None:
        raise DatabaseUnavailable(wrong)


def require_known(found: str | None) -> None:
    """See to it that there is a way from a revision to this release's.

    :raises DatabaseUnavailable: this release does not know it
    """
    if found is not None and found not in known():
        raise DatabaseUnavailable(_newer(found, head()))


def known() -> set[str]:
    """Return this release's revision and those of all releases before."""
    return {script.revision for script in _scripts().walk_revisions()}


def trouble(found: str | None, head: str, known: Collection[str]) -> str | None:
    """Return what is wrong with tables at a revision, and what to do; None: nothing is."""
    if found == head:
        return None
    if found is None:
        return "the database has no tables yet; run `cloudnet-manage db sync`"
    if found not in known:
        return _newer(found, head)
    return f"the tables are at version {found}, not {head}; run `cloudnet-manage db sync`"


def _newer(found: str, head: str) -> str:
    return (
        f"the tables are at version {found}, which this cloudnet does not know: they are a newer "
        f"one's; install that one again, or go back to a copy of the database that is at {head}"
    )


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def check(url: str) -> list[str]:
    """Return how the database's tables differ from what this release works with."""
    with _connection(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": defaults_differ}
        )
        return [str(difference) for difference in compare_metadata(context, metadata)]


_TRUTH = {"0": False, "false": False, "1": True, "true": True}


def defaults_differ(  # noqa: PLR0917 - as Alembic calls it
    context: MigrationContext,
    found: sa.Column[Any],
    wanted: sa.Column[Any],
    found_default: str | None,
    wanted_default: object,
    rendered: str | None,
) -> bool | None:
    """Say whether a truth value's default differs, in whichever spelling the database has it.

    None: it is no truth value; Alembic compares by itself.
    """
    if not isinstance(wanted.type, sa.Boolean):
        return None
    have, want = (_TRUTH.get(str(each).strip("'").lower()) for each in (found_default, rendered))
    return have != want


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
        with database.changing_schema() as connection:
            yield connection
    finally:
        database.close()
