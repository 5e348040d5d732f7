"""The free addresses of each network in the order of their allocation.

The lists are empty at first. An address that was free at the upgrade counts as never used.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    timestamp = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    op.create_table(
        "free_ips",
        sa.Column("network_id", serial, nullable=False, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("freed_at", timestamp, nullable=False),
        sa.PrimaryKeyConstraint("network_id", "position", name="pk_free_ips"),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name="fk_free_ips_network_id", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_free_ips_network_id_freed_at_position",
        "free_ips",
        ["network_id", "freed_at", "position"],
    )
    op.create_table(
        "address_pools",
        sa.Column("network_id", serial, nullable=False, autoincrement=False),
        sa.Column("listed_to", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("network_id", name="pk_address_pools"),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name="fk_address_pools_network_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("address_pools")
    op.drop_table("free_ips")
