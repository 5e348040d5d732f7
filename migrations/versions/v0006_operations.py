"""Who changed what, the caller of each event of an address, and the locks of projects' quotas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    timestamp = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    op.create_table(
        "operation_log",
        sa.Column("id", serial, nullable=False),
        sa.Column("at", timestamp, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("request_id", sa.String(64)),
        sa.Column("user_id", sa.String(255)),
        sa.Column("project_id", sa.String(255)),
        sa.PrimaryKeyConstraint("id", name="pk_operation_log"),
    )
    op.create_index("ix_operation_log_at", "operation_log", ["at"])
    op.create_index("ix_operation_log_request_id", "operation_log", ["request_id"])
    op.create_table(
        "project_locks",
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_project_locks"),
    )
    op.add_column("address_history", sa.Column("request_id", sa.String(64)))
    op.add_column("address_history", sa.Column("user_id", sa.String(255)))


def downgrade() -> None:
    with op.batch_alter_table("address_history") as history:
        history.drop_column("user_id")
        history.drop_column("request_id")
    op.drop_table("project_locks")
    op.drop_table("operation_log")
