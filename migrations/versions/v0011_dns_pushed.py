"""The revision of the names in DNS that a DNS server has; 0: names are sent to none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    revisions = sa.table("revisions", sa.column("name"), sa.column("value"))
    op.bulk_insert(revisions, [{"name": "dns_pushed", "value": 0}])


def downgrade() -> None:
    op.execute("DELETE FROM revisions WHERE name = 'dns_pushed'")
