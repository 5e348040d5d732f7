"""The digest of each host's last report, with which its heartbeats are compared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("host_agents", sa.Column("report_digest", sa.String(32)))


def downgrade() -> None:
    op.drop_column("host_agents", "report_digest")
