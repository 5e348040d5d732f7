"""The identity of the database, and its counters."""

from __future__ import annotations

import sqlalchemy as sa

from cloudnet.controller.db.columns import Timestamp
from cloudnet.controller.db.table_parts import metadata

revisions = sa.Table(  # ours: counters, each of which is also the lock of what it counts
    "revisions",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

cloud = sa.Table(  # ours: one row, the identity of this database
    "cloud",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("branch", sa.String(36), nullable=False),
    # after a restore: the generation then, and until when controllers wait for reports
    sa.Column("restored_generation", sa.BigInteger),
    sa.Column("wait_until", Timestamp),  # NULL: they do not wait
    # and until when at least, because hosts may be newer than the copy; NULL: no such time
    sa.Column("newer_until", Timestamp),
)

cloud_branches = sa.Table(  # ours: each start of a controller
    "cloud_branches",
    metadata,
    sa.Column("branch", sa.String(36), primary_key=True),
    sa.Column("first_generation", sa.BigInteger, nullable=False, index=True),
)
