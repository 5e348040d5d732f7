"""The names in DNS that changed, and the revision with which hosts were notified of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "dns_changes",
        sa.Column("id", serial, nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("revision", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_dns_changes"),
    )
    op.create_index("ix_dns_changes_revision", "dns_changes", ["revision"])
    revisions = sa.table("revisions", sa.column("name"), sa.column("value"))
    op.bulk_insert(revisions, [{"name": "dns", "value": 1}])


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE name = 'dns'")
    op.drop_table("dns_changes")
