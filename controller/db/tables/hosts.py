"""Hosts: what each one shall have, and what it has reported."""

from __future__ import annotations

import sqlalchemy as sa

from cloudnet.common.limits import HOSTNAME_LENGTH
from cloudnet.controller.db.columns import Address, Cidr, Serial, Timestamp
from cloudnet.controller.db.table_parts import flag, metadata, times

services = sa.Table(
    "services",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *times(),
    sa.Column("uuid", sa.String(36), nullable=False, unique=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("binary", sa.String(255), nullable=False),
    sa.Column("topic", sa.String(255), nullable=False),
    sa.Column("report_count", sa.BigInteger, nullable=False, server_default="0"),
    flag("disabled"),
    sa.Column("disabled_reason", sa.String(255)),
    sa.Column("last_seen_up", Timestamp),
    flag("forced_down"),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("availability_zone", sa.String(255)),
    sa.UniqueConstraint("host", "binary"),
    sa.UniqueConstraint("host", "topic"),
)

prepared_networks = sa.Table(  # ours: that a host shall have before a guest of them arrives
    "prepared_networks",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column(
        "network_id",
        sa.ForeignKey("networks.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    # for which it is prepared; empty: any
    sa.Column("instance_uuid", sa.String(36), primary_key=True, index=True),
    sa.Column("created_at", Timestamp, nullable=False),
)

# ours: the revision that each host shall have, and the one it has reported
host_networks = sa.Table(
    "host_networks",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("network_uuid", sa.String(36), primary_key=True),
    # NULL: the network is deleted, and the host shall remove it
    sa.Column("network_id", sa.ForeignKey("networks.id", ondelete="SET NULL"), index=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("applied_revision", sa.BigInteger),  # NULL: none yet
    sa.Column("applied_at", Timestamp),
)

# ours: what has changed since the last revision; without addresses, everything may have
host_changes = sa.Table(
    "host_changes",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("network_uuid", sa.String(36), nullable=False),
    sa.Column("at", Timestamp, nullable=False),
    sa.Column("vif_uuid", sa.String(36)),  # a VIF that the next revision includes; NULL: none
    sa.Column("fixed_ip", Address),
    sa.Column("floating_ip", Address),
    sa.Index(None, "host", "network_uuid"),
    sa.Index(None, "network_uuid"),
)

host_problems = sa.Table(  # ours: the faults in each host's last report
    "host_problems",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("network_uuid", sa.String(36)),  # NULL: the whole host
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("since", Timestamp, nullable=False),
)

host_agents = sa.Table(  # ours: the agent that reports for each host
    "host_agents",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("agent", sa.String(36)),  # NULL: an agent that does not report its identity
    sa.Column("my_ip", Address),
    sa.Column("boot_id", sa.String(36)),
    sa.Column("held", sa.Text),  # why it refuses the answers of this database; NULL: it does not
    flag("accepted"),  # an operator lets the next answer through
    sa.Column("refused", sa.Text),  # the last report that was refused, and why; NULL: none
    sa.Column("refused_at", Timestamp),
    sa.Column("checked_generation", sa.BigInteger),  # it reported all that it has since then
    sa.Column("report_digest", sa.String(32)),  # of the last report; NULL: it must report again
)

host_ranges = sa.Table(  # ours: what each host reaches by links of its own
    "host_ranges",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("device", sa.String(255), nullable=False),
    sa.Column("cidr", Cidr, nullable=False),
    sa.Column("address", Address),  # NULL: a route without an address of the host's
)

recovered_guests = sa.Table(  # ours: guests that hosts serve and a restored database lacks
    "recovered_guests",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("address", Address, primary_key=True),
    sa.Column("network_uuid", sa.String(36), nullable=False),
    sa.Column("mac", sa.String(17), nullable=False),
    sa.Column("instance_uuid", sa.String(36), nullable=False),
    sa.Column("hostname", sa.String(HOSTNAME_LENGTH), nullable=False),
    sa.Column("since", Timestamp, nullable=False),
    sa.Index(None, "address"),
)

recovered_networks = sa.Table(  # ours: networks that hosts have and a restored database lacks there
    "recovered_networks",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("network_uuid", sa.String(36), primary_key=True),
    sa.Index(None, "network_uuid"),
)
