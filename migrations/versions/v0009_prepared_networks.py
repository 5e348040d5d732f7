"""The networks that hosts shall have before a guest of them arrives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    timestamp = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    op.create_table(
        "prepared_networks",
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("network_id", serial, nullable=False, autoincrement=False),
        sa.Column("instance_uuid", sa.String(36), nullable=False),
        sa.Column("created_at", timestamp, nullable=False),
        sa.PrimaryKeyConstraint("host", "network_id", "instance_uuid", name="pk_prepared_networks"),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name="fk_prepared_networks_network_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_prepared_networks_instance_uuid", "prepared_networks", ["instance_uuid"])
    op.create_index("ix_prepared_networks_network_id", "prepared_networks", ["network_id"])


def downgrade() -> None:
    op.drop_table("prepared_networks")
