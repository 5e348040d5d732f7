"""The version of the tables: read it, compare it with this release's, upgrade to it.

A version is an Alembic revision. No file is needed but the versions themselves, so this works from
an installed wheel.
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
from cloudnet.controller.db.collation import list_other_collations, set_default_collation
from cloudnet.controller.db.differences import describe_difference
from cloudnet.controller.db.drivers import get_missing_file, get_sqlite_file
from cloudnet.controller.db.engine import Database
from cloudnet.controller.db.tables import metadata

# Tables that every release of nova with nova-network has; migrate_version counts its upgrades.
NOVA_TABLES = frozenset({"fixed_ips", "instances", "networks"})


def upgrade(url: str, version: str = "head") -> None:
    """Upgrade the tables to a version; create the directory of an SQLite file.

    Does nothing if they are at that version already.

    :raises DatabaseUnavailable: this release does not know the tables' version, or the database
        does not answer
    """
    _create_file(url)
    with _configured(url) as config:
        require_known(_read_version(config.attributes["connection"]))
        _require_no_foreign_tables(config.attributes["connection"])
        set_default_collation(config.attributes["connection"])
        command.upgrade(config, version)


def downgrade(url: str, version: str) -> None:
    """Downgrade the tables to a version; ``base`` is no tables at all."""
    with _configured(url) as config:
        command.downgrade(config, version)


def get_version(url: str) -> str | None:
    """Return the version of the tables, or None if there are none.

    :raises DatabaseUnavailable: they are another program's
    """
    if get_missing_file(url) is not None:
        return None  # connecting would create an empty file
    with _connection(url) as connection:
        _require_no_foreign_tables(connection)
        return _read_version(connection)


def get_head() -> str:
    """Return the version that this release works with."""
    version = _scripts().get_current_head()
    assert version is not None, "cloudnet.migrations has no versions"  # noqa: S101 - a broken wheel
    return version


def list_known_versions() -> set[str]:
    """Return this release's version and those of all earlier releases."""
    return {script.revision for script in _scripts().walk_revisions()}


def require_head(database: Database) -> None:
    """Check that the tables are at this release's version.

    :raises DatabaseUnavailable: they are not, or the database does not answer
    """
    with database.reading() as connection:
        _require_no_foreign_tables(connection)
        version = _read_version(connection)
    mismatch = explain_mismatch(version, get_head(), list_known_versions())
    if mismatch is not None:
        raise DatabaseUnavailable(mismatch)


def require_known(version: str | None) -> None:
    """Check that this release can upgrade from a version.

    :raises DatabaseUnavailable: it does not know the version
    """
    if version is not None and version not in list_known_versions():
        raise DatabaseUnavailable(_explain_newer(version, get_head()))


def explain_mismatch(version: str | None, head: str, known: Collection[str]) -> str | None:
    """Return why tables at a version cannot be used and what to do, or None if they can."""
    if version == head:
        return None
    if version is None:
        return "the database has no tables yet; run `cloudnet-manage db sync`"
    if version not in known:
        return _explain_newer(version, head)
    return f"the tables are at version {version}, not {head}; run `cloudnet-manage db sync`"


def _explain_newer(version: str, head: str) -> str:
    return (
        f"the tables are at version {version}, which this release does not know: a newer cloudnet "
        f"created them; install that one, or restore a copy of the database at version {head}"
    )


def _require_no_foreign_tables(connection: sa.Connection) -> None:
    """Check that a database without a version of ours has no tables.

    :raises DatabaseUnavailable: it is nova's, or another program's
    """
    if _read_version(connection) is None:
        foreign = explain_foreign_tables(set(sa.inspect(connection).get_table_names()))
        if foreign is not None:
            raise DatabaseUnavailable(foreign)


def explain_foreign_tables(tables: Collection[str]) -> str | None:
    """Return whose tables are in a database that has no version of ours; None: it has none."""
    others = sorted(set(tables) - {"alembic_version"})
    if not others:
        return None
    if "migrate_version" in others and NOVA_TABLES.issubset(others):
        return (
            "this is nova's database; give cloudnet a database of its own in [database] "
            "connection (taking over nova's tables is not supported yet)"
        )
    shown = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
    return (
        f"the database has tables of another program ({shown}); give cloudnet a database of its "
        "own in [database] connection"
    )


def list_differences(url: str) -> list[str]:
    """Return how the tables differ from those of this release, a line for each difference."""
    with _connection(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": defaults_differ}
        )
        differences = list(map(describe_difference, compare_metadata(context, metadata)))
        return [*differences, *list_other_collations(connection)]


def _read_version(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _create_file(url: str) -> None:
    file = get_sqlite_file(url)
    if file is None:
        return
    try:
        # Others may pass through the directory to dnsmasq's files, but not list it.
        file.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        # Addresses and projects are not for every local user. SQLite gives its other files
        # (-wal, -shm) the mode of this one.
        file.touch(mode=0o640)
    except OSError as error:
        raise DatabaseUnavailable(
            f"{error.filename}: {error.strerror}; see [database] connection or state_path"
        ) from error


_TRUTH = {"0": False, "false": False, "1": True, "true": True}


def defaults_differ(  # noqa: PLR0917 - as Alembic calls it
    context: MigrationContext,
    found: sa.Column[Any],
    wanted: sa.Column[Any],
    found_default: str | None,
    wanted_default: object,
    rendered: str | None,
) -> bool | None:
    """Return whether the default of a boolean column differs; databases spell booleans differently.

    Return None for other columns: Alembic compares those.
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
