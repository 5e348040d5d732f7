"""Until when hosts are waited for that are newer than a restored copy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("cloud", sa.Column("newer_until", Moment))


def downgrade() -> None:
    op.drop_column("cloud", "newer_until")
