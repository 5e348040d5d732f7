"""The address records of DNS domains."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "dns_entries",
        sa.Column("id", serial, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("address", sa.String(39), nullable=False),
        sa.Column("instance_uuid", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_dns_entries"),
        sa.UniqueConstraint("domain", "name", name="uq_dns_entries_domain_name"),
        sa.ForeignKeyConstraint(
            ["domain"], ["dns_domains.domain"], name="fk_dns_entries_domain", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_dns_entries_address", "dns_entries", ["address"])
    op.create_index("ix_dns_entries_instance_uuid", "dns_entries", ["instance_uuid"])


def downgrade() -> None:
    op.drop_table("dns_entries")
