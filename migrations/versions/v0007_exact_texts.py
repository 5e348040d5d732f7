"""MariaDB and MySQL: names that differ in case, in accents or in trailing spaces are different.

Both took project `Demo` for project `demo`. `db sync` sets the collation of new tables before it
runs the versions; here, the tables that exist already get it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OTHER_TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = database() "
    "AND table_type = 'BASE TABLE' AND table_collation <> @@collation_database"
)
WIDENED = (  # texts whose characters need more bytes now
    "SELECT table_name, column_name, is_nullable FROM information_schema.columns "
    "WHERE table_schema = database() AND data_type = 'mediumtext'"
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name not in {"mysql", "mariadb"}:
        return
    collation = connection.scalar(sa.text("SELECT @@collation_database"))
    tables = connection.scalars(sa.text(OTHER_TABLES)).all()
    # MariaDB changes no text that a foreign key uses.
    keys = _drop_foreign_keys() if tables else []
    for table in tables:
        op.execute(f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE {collation}")
    for table, column, nullable in connection.execute(sa.text(WIDENED)).all():
        null = "NULL" if nullable == "YES" else "NOT NULL"
        op.execute(f"ALTER TABLE {table} MODIFY {column} TEXT {null}")
    for table, key in keys:
        op.create_foreign_key(
            key["name"],
            table,
            key["referred_table"],
            key["constrained_columns"],
            key["referred_columns"],
            ondelete=key["options"].get("ondelete"),
        )


def _drop_foreign_keys() -> list[tuple[str, ReflectedForeignKeyConstraint]]:
    """Drop all foreign keys; return them with the names of their tables."""
    inspector = sa.inspect(op.get_bind())
    keys = [
        (table, key)
        for table in inspector.get_table_names()
        for key in inspector.get_foreign_keys(table)
    ]
    for table, key in keys:
        op.drop_constraint(str(key["name"]), table, type_="foreignkey")
    return keys


def downgrade() -> None:
    pass
