"""DNS domains and their entries."""

from __future__ import annotations

import sqlalchemy as sa

from cloudnet.controller.db.columns import Address, Serial
from cloudnet.controller.db.table_parts import metadata, times

dns_domains = sa.Table(
    "dns_domains",
    metadata,
    sa.Column("domain", sa.String(255), primary_key=True),
    *times(),
    sa.Column("scope", sa.String(255)),
    sa.Column("availability_zone", sa.String(255)),
    sa.Column("project_id", sa.String(255)),
    sa.CheckConstraint("scope IN ('private', 'public')", name="scope"),
)

dns_entries = sa.Table(  # ours: address records; nova-network left them to its drivers
    "dns_entries",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *times(),
    sa.Column("domain", sa.ForeignKey("dns_domains.domain", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),  # in lower case, without the domain
    sa.Column("address", Address, nullable=False, index=True),
    sa.Column("instance_uuid", sa.String(36), index=True),  # NULL: a caller added it
    sa.UniqueConstraint("domain", "name"),
)

dns_changes = sa.Table(  # ours: the names that changed, so that only these are sent
    "dns_changes",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("domain", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),  # empty: the domain itself
    sa.Column("revision", sa.BigInteger, index=True),  # NULL: not published yet
)
