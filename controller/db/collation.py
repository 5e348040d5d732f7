"""MariaDB's and MySQL's collation: names that differ in case or accents are different names.

By default these servers take project `Demo` for project `demo`, which PostgreSQL and SQLite do not,
and in some character sets they cannot store a label in any language.
"""

from __future__ import annotations

import sqlalchemy as sa

SERVERS = frozenset({"mysql", "mariadb"})


def set_default_collation(connection: sa.Connection) -> None:
    """Make tables that are created in this database compare texts exactly."""
    wanted = _wanted(connection)
    if wanted is None:
        return
    if connection.scalar(sa.text("SELECT @@collation_database")) != wanted:
        connection.exec_driver_sql(f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {wanted}")


def list_other_collations(connection: sa.Connection) -> list[str]:
    """Return a line for each table whose texts are not compared exactly."""
    wanted = _wanted(connection)
    if wanted is None:
        return []
    rows = connection.execute(
        sa.text(
            "SELECT table_name, table_collation FROM information_schema.tables "
            "WHERE table_schema = database() AND table_collation <> :wanted ORDER BY table_name"
        ),
        {"wanted": wanted},
    )
    return [f"table {name}: its collation is {collation}, not {wanted}" for name, collation in rows]


def _wanted(connection: sa.Connection) -> str | None:
    """Return the collation, or None if the database compares texts exactly without it."""
    if connection.dialect.name not in SERVERS:
        return None
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    return "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
