"""What the tables are made of: the metadata with the names of constraints, and common columns."""

from __future__ import annotations

import sqlalchemy as sa

from cloudnet.controller.db.columns import Timestamp

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


def times() -> tuple[sa.Column[object], sa.Column[object]]:
    """Return the columns of when a row was added and when it was updated last."""
    return (
        sa.Column("created_at", Timestamp, nullable=False),
        sa.Column("updated_at", Timestamp),  # NULL: never updated
    )


def flag(name: str, default: str = "0") -> sa.Column[bool]:
    """Return a column that is true or false, by default ``default``."""
    truth = sa.true() if default == "1" else sa.false()
    return sa.Column(name, sa.Boolean, nullable=False, server_default=truth)
