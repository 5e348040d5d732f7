"""What hosts reach by links of their own, as their agents report it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "host_ranges",
        sa.Column("id", serial, nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("device", sa.String(255), nullable=False),
        sa.Column("cidr", sa.String(43), nullable=False),
        sa.Column("address", sa.String(39)),
        sa.PrimaryKeyConstraint("id", name="pk_host_ranges"),
    )
    op.create_index("ix_host_ranges_host", "host_ranges", ["host"])


def downgrade() -> None:
    op.drop_table("host_ranges")
