"""What happened: to addresses, and by whom."""

from __future__ import annotations

import sqlalchemy as sa

from cloudnet.controller.db.columns import Address, Serial, Timestamp
from cloudnet.controller.db.table_parts import metadata

# ours: append-only, and without foreign keys, because rows outlive what they name
address_history = sa.Table(
    "address_history",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("at", Timestamp, nullable=False),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("address", Address, nullable=False, index=True),
    sa.Column("network_id", sa.BigInteger, nullable=False),
    sa.Column("network_uuid", sa.String(36), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("mac", sa.String(17)),
    sa.Column("instance_uuid", sa.String(36), index=True),
    sa.Column("project_id", sa.String(255)),
    sa.Column("host", sa.String(255)),
    sa.Column("request_id", sa.String(64)),  # of the call that caused it; NULL: none did
    sa.Column("user_id", sa.String(255)),  # who made the call
    sa.Index(None, "network_id", "event", "id"),
)

operation_log = sa.Table(  # ours: append-only; who changed what
    "operation_log",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("at", Timestamp, nullable=False, index=True),
    sa.Column("source", sa.String(16), nullable=False),  # rpc or cloudnet-manage
    sa.Column("operation", sa.String(64), nullable=False),  # an RPC method or a command
    sa.Column("arguments", sa.Text, nullable=False),
    sa.Column("request_id", sa.String(64), index=True),
    sa.Column("user_id", sa.String(255)),
    sa.Column("project_id", sa.String(255)),  # of the caller
)
