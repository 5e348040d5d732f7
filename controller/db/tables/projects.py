"""Quotas of projects, and the locks under which they are counted."""

from __future__ import annotations

import sqlalchemy as sa

from cloudnet.controller.db.columns import Serial
from cloudnet.controller.db.table_parts import metadata, times

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *times(),
    sa.Column("project_id", sa.String(255), nullable=False),
    sa.Column("resource", sa.String(255), nullable=False),
    sa.Column("hard_limit", sa.Integer),  # NULL, -1: no limit
    sa.UniqueConstraint("project_id", "resource"),
)

project_locks = sa.Table(  # ours: a transaction that counts a project's resources holds its row
    "project_locks",
    metadata,
    sa.Column("project_id", sa.String(255), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
