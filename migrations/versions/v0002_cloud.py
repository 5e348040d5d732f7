"""The identity of the database, the agents of hosts, and guests that a restored database lacks."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Address = sa.String(39)
Moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

cloud = sa.Table(
    "cloud",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("branch", sa.String(36), nullable=False),
    sa.Column("restored_generation", sa.BigInteger),
    sa.Column("wait_until", Moment),
)

cloud_branches = sa.Table(
    "cloud_branches",
    metadata,
    sa.Column("branch", sa.String(36), primary_key=True),
    sa.Column("first_generation", sa.BigInteger, nullable=False, index=True),
)

host_agents = sa.Table(
    "host_agents",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("agent", sa.String(36)),
    sa.Column("my_ip", Address),
    sa.Column("boot_id", sa.String(36)),
    sa.Column("held", sa.Text),
    sa.Column("accepted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("refused", sa.Text),
    sa.Column("refused_at", Moment),
    sa.Column("checked_generation", sa.BigInteger),
)

recovered_guests = sa.Table(
    "recovered_guests",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("address", Address, primary_key=True),
    sa.Column("network_uuid", sa.String(36), nullable=False),
    sa.Column("mac", sa.String(17), nullable=False),
    sa.Column("instance_uuid", sa.String(36), nullable=False),
    sa.Column("hostname", sa.String(63), nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Index(None, "address"),
)

recovered_networks = sa.Table(
    "recovered_networks",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("network_uuid", sa.String(36), primary_key=True),
    sa.Index(None, "network_uuid"),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    branch = str(uuid4())
    op.bulk_insert(cloud, [{"id": str(uuid4()), "generation": 1, "branch": branch}])
    op.bulk_insert(cloud_branches, [{"branch": branch, "first_generation": 1}])


def downgrade() -> None:
    metadata.drop_all(op.get_bind(), checkfirst=False)
