"""What has changed for hosts and is not part of a revision yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    timestamp = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    op.create_table(
        "host_changes",
        sa.Column("id", serial, nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("network_uuid", sa.String(36), nullable=False),
        sa.Column("at", timestamp, nullable=False),
        sa.Column("vif_uuid", sa.String(36)),
        sa.Column("fixed_ip", sa.String(39)),
        sa.Column("floating_ip", sa.String(39)),
        sa.PrimaryKeyConstraint("id", name="pk_host_changes"),
    )
    op.create_index("ix_host_changes_host_network_uuid", "host_changes", ["host", "network_uuid"])
    op.create_index("ix_host_changes_network_uuid", "host_changes", ["network_uuid"])


def downgrade() -> None:
    op.drop_table("host_changes")
