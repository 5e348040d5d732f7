"""The first tables: ``controller/db/tables`` as it was then; later changes leave this alone."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Address = sa.String(39)
Cidr = sa.String(43)
Kind = sa.String(16)
Moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


def _times() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment),
    )


def _flag(name: str, default: str = "0") -> sa.Column[bool]:
    truth = sa.true() if default == "1" else sa.false()
    return sa.Column(name, sa.Boolean, nullable=False, server_default=truth)


networks = sa.Table(
    "networks",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *_times(),
    sa.Column("uuid", sa.String(36), nullable=False, unique=True),
    sa.Column("label", sa.String(255), nullable=False),
    sa.Column("topology", Kind, nullable=False),
    _flag("injected"),
    sa.Column("cidr", Cidr, nullable=False, unique=True),
    sa.Column("cidr_v6", sa.String(43), unique=True),
    _flag("multi_host"),
    sa.Column("netmask", Address, nullable=False),
    sa.Column("gateway", Address),
    sa.Column("broadcast", Address, nullable=False),
    sa.Column("netmask_v6", sa.String(39)),
    sa.Column("gateway_v6", sa.String(39)),
    sa.Column("bridge", sa.String(255), nullable=False),
    sa.Column("bridge_interface", sa.String(255)),
    sa.Column("dns1", Address),
    sa.Column("dns2", Address),
    sa.Column("vlan", sa.Integer, unique=True),
    sa.Column("vpn_public_address", Address),
    sa.Column("vpn_public_port", sa.Integer),
    sa.Column("vpn_private_address", Address),
    sa.Column("dhcp_start", Address, nullable=False),
    sa.Column("dhcp_end", Address, nullable=False),  # ours
    sa.Column("pool_start", sa.BigInteger, nullable=False),
    sa.Column("pool_end", sa.BigInteger, nullable=False),
    sa.Column("rxtx_base", sa.Integer),
    sa.Column("project_id", sa.String(255), index=True),
    sa.Column("priority", sa.Integer),
    sa.Column("host", sa.String(255), index=True),  # the gateway of a single-host network
    sa.Column("mtu", sa.Integer),
    sa.Column("dhcp_server", Address),
    _flag("enable_dhcp", "1"),
    _flag("share_address"),
    sa.CheckConstraint("topology IN ('flat', 'flatdhcp', 'vlan')", name="topology"),
    sa.CheckConstraint("vlan BETWEEN 1 AND 4094", name="vlan"),
    sa.CheckConstraint("(topology = 'vlan') = (vlan IS NOT NULL)", name="vlan_has_tag"),
    sa.CheckConstraint("0 < pool_start AND pool_start <= pool_end", name="pool"),
    sqlite_autoincrement=True,  # address_history tells networks apart by id: no id comes twice
)

instances = sa.Table(
    "instances",
    metadata,
    sa.Column("uuid", sa.String(36), primary_key=True),
    *_times(),
    sa.Column("project_id", sa.String(255), nullable=False),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("hostname", sa.String(63)),
)

virtual_interfaces = sa.Table(
    "virtual_interfaces",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *_times(),
    sa.Column("address", sa.String(17), nullable=False, unique=True),
    sa.Column("network_id", sa.ForeignKey("networks.id"), nullable=False, index=True),
    sa.Column("instance_uuid", sa.ForeignKey("instances.uuid"), nullable=False),
    sa.Column("uuid", sa.String(36), nullable=False, unique=True),
    sa.Column("tag", sa.String(255)),
    sa.Column("host_revision", sa.BigInteger, nullable=False),
    sa.Column("gateway_revision", sa.BigInteger),
    sa.UniqueConstraint("instance_uuid", "network_id"),
)

fixed_ips = sa.Table(
    "fixed_ips",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *_times(),
    sa.Column("address", Address, nullable=False, unique=True),
    sa.Column("network_id", sa.ForeignKey("networks.id"), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column(
        "virtual_interface_id",
        sa.ForeignKey("virtual_interfaces.id", ondelete="SET NULL"),
        index=True,
    ),
    sa.Column("instance_uuid", sa.ForeignKey("instances.uuid"), index=True),
    _flag("allocated"),
    _flag("leased"),
    _flag("reserved"),
    sa.Column("host", sa.String(255), index=True),
    sa.UniqueConstraint("network_id", "position"),
    sa.UniqueConstraint("network_id", "host"),
    sa.Index(None, "allocated", "updated_at"),
    sa.CheckConstraint("NOT allocated OR instance_uuid IS NOT NULL", name="allocated_to"),
    sa.CheckConstraint("host IS NULL OR instance_uuid IS NULL", name="one_holder"),
    sa.CheckConstraint("position >= 0", name="position"),
)

floating_ips = sa.Table(
    "floating_ips",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *_times(),
    sa.Column("address", Address, nullable=False, unique=True),
    sa.Column("fixed_ip_id", sa.ForeignKey("fixed_ips.id"), index=True),
    sa.Column("project_id", sa.String(255), index=True),
    sa.Column("host", sa.String(255), index=True),  # the node that carries it
    _flag("auto_assigned"),
    sa.Column("pool", sa.String(255), nullable=False),
    sa.Column("interface", sa.String(255)),
    sa.Index(None, "pool", "project_id"),
    sa.CheckConstraint("fixed_ip_id IS NULL OR project_id IS NOT NULL", name="owned"),
)

dns_domains = sa.Table(
    "dns_domains",
    metadata,
    sa.Column("domain", sa.String(255), primary_key=True),
    *_times(),
    sa.Column("scope", sa.String(255)),
    sa.Column("availability_zone", sa.String(255)),
    sa.Column("project_id", sa.String(255)),
    sa.CheckConstraint("scope IN ('private', 'public')", name="scope"),
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *_times(),
    sa.Column("uuid", sa.String(36), nullable=False, unique=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("binary", sa.String(255), nullable=False),
    sa.Column("topic", sa.String(255), nullable=False),
    sa.Column("report_count", sa.BigInteger, nullable=False, server_default="0"),
    _flag("disabled"),
    sa.Column("disabled_reason", sa.String(255)),
    sa.Column("last_seen_up", Moment),
    _flag("forced_down"),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("availability_zone", sa.String(255)),
    sa.UniqueConstraint("host", "binary"),
    sa.UniqueConstraint("host", "topic"),
)

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *_times(),
    sa.Column("project_id", sa.String(255), nullable=False),
    sa.Column("resource", sa.String(255), nullable=False),
    sa.Column("hard_limit", sa.Integer),
    sa.UniqueConstraint("project_id", "resource"),
)

host_networks = sa.Table(
    "host_networks",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("network_uuid", sa.String(36), primary_key=True),
    sa.Column("network_id", sa.ForeignKey("networks.id", ondelete="SET NULL"), index=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("applied_revision", sa.BigInteger),
    sa.Column("applied_at", Moment),
)

host_problems = sa.Table(
    "host_problems",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("network_uuid", sa.String(36)),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("since", Moment, nullable=False),
)

address_history = sa.Table(
    "address_history",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("address", Address, nullable=False, index=True),
    sa.Column("network_id", sa.BigInteger, nullable=False),
    sa.Column("network_uuid", sa.String(36), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("mac", sa.String(17)),
    sa.Column("instance_uuid", sa.String(36), index=True),
    sa.Column("project_id", sa.String(255)),
    sa.Column("host", sa.String(255)),
    sa.Index(None, "network_id", "event", "id"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

IP_USAGE = """
CREATE VIEW ip_usage AS
SELECT n.id AS network_id, n.uuid AS network_uuid, n.label AS label, n.cidr AS cidr,
       n.project_id AS project_id,
       n.pool_end - n.pool_start + 1 AS total,
       COUNT(CASE WHEN f.instance_uuid IS NOT NULL OR f.host IS NOT NULL THEN 1 END) AS used,
       COUNT(CASE WHEN f.reserved THEN 1 END) AS reserved,
       n.pool_end - n.pool_start + 1
         - COUNT(CASE WHEN f.position BETWEEN n.pool_start AND n.pool_end THEN 1 END) AS free
FROM networks n LEFT JOIN fixed_ips f ON f.network_id = n.id
GROUP BY n.id, n.uuid, n.label, n.cidr, n.project_id, n.pool_start, n.pool_end
"""


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    op.execute(IP_USAGE)
    # Above all that hosts may remember of a database before this one.
    clock = int(time.time() * 1000)
    op.bulk_insert(revisions, [{"name": n, "value": clock} for n in ("fixed_ranges", "projects")])


def downgrade() -> None:
    op.execute("DROP VIEW ip_usage")
    metadata.drop_all(op.get_bind(), checkfirst=False)
