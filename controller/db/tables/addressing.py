"""Networks, and the instances, VIFs and addresses on them."""

from __future__ import annotations

import sqlalchemy as sa

from cloudnet.common.limits import HOSTNAME_LENGTH, VLAN_ID
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.columns import (
    Address,
    Address6,
    AnyAddress,
    Cidr,
    Cidr6,
    Serial,
    Timestamp,
    TopologyName,
)
from cloudnet.controller.db.table_parts import flag, metadata, times

networks = sa.Table(
    "networks",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *times(),
    sa.Column("uuid", sa.String(36), nullable=False, unique=True),
    sa.Column("label", sa.String(255), nullable=False),
    sa.Column("topology", TopologyName, nullable=False),  # ours: nova had one per process
    flag("injected"),
    sa.Column("cidr", Cidr, nullable=False, unique=True),
    sa.Column("cidr_v6", Cidr6, unique=True),
    flag("multi_host"),
    sa.Column("netmask", Address, nullable=False),
    sa.Column("gateway", Address),
    sa.Column("broadcast", Address, nullable=False),
    sa.Column("netmask_v6", sa.String(39)),
    sa.Column("gateway_v6", Address6),
    sa.Column("bridge", sa.String(255), nullable=False),
    sa.Column("bridge_interface", sa.String(255)),
    sa.Column("dns1", AnyAddress),
    sa.Column("dns2", AnyAddress),
    sa.Column("vlan", sa.Integer, unique=True),
    sa.Column("vpn_public_address", Address),
    sa.Column("vpn_public_port", sa.Integer),
    sa.Column("vpn_private_address", Address),
    sa.Column("dhcp_start", Address, nullable=False),
    sa.Column("dhcp_end", Address, nullable=False),  # ours
    # dhcp_start and dhcp_end as offsets in the network, since SQL cannot subtract addresses
    sa.Column("pool_start", sa.BigInteger, nullable=False),
    sa.Column("pool_end", sa.BigInteger, nullable=False),
    sa.Column("rxtx_base", sa.Integer),
    sa.Column("project_id", sa.String(255), index=True),  # NULL: free (VLAN) or shared (flat)
    sa.Column("priority", sa.Integer),
    sa.Column("host", sa.String(255), index=True),  # the gateway of a single-host network
    sa.Column("mtu", sa.Integer),
    sa.Column("dhcp_server", Address),  # NULL: the gateway
    flag("enable_dhcp", "1"),
    flag("share_address"),
    sa.CheckConstraint(
        f"topology IN ({', '.join(repr(t.value) for t in Topology)})", name="topology"
    ),
    sa.CheckConstraint(f"vlan BETWEEN {VLAN_ID.lowest} AND {VLAN_ID.highest}", name="vlan"),
    sa.CheckConstraint("(topology = 'vlan') = (vlan IS NOT NULL)", name="vlan_has_tag"),
    sa.CheckConstraint("0 < pool_start AND pool_start <= pool_end", name="pool"),
    sqlite_autoincrement=True,  # address_history names networks by id: no id is used twice
)

instances = sa.Table(  # ours, as nova has its own; a row stays as long as another one refers to it
    "instances",
    metadata,
    sa.Column("uuid", sa.String(36), primary_key=True),
    *times(),
    sa.Column("project_id", sa.String(255), nullable=False),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("hostname", sa.String(HOSTNAME_LENGTH)),  # NULL: the default one, made of the address
)

virtual_interfaces = sa.Table(
    "virtual_interfaces",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *times(),
    sa.Column("address", sa.String(17), nullable=False, unique=True),  # the MAC, lower case
    sa.Column("network_id", sa.ForeignKey("networks.id"), nullable=False, index=True),
    sa.Column("instance_uuid", sa.ForeignKey("instances.uuid"), nullable=False),
    sa.Column("uuid", sa.String(36), nullable=False, unique=True),
    sa.Column("tag", sa.String(255)),
    # ours: the first revisions of its network that include it, on its host and on the gateway;
    # the highest number: none yet
    sa.Column("host_revision", sa.BigInteger, nullable=False),
    sa.Column("gateway_revision", sa.BigInteger),  # NULL: multi-host, or no gateway yet
    sa.UniqueConstraint("instance_uuid", "network_id"),
)

fixed_ips = sa.Table(
    "fixed_ips",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *times(),
    sa.Column("address", Address, nullable=False, unique=True),
    sa.Column("network_id", sa.ForeignKey("networks.id"), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),  # ours: offset in the network
    sa.Column(
        "virtual_interface_id",
        sa.ForeignKey("virtual_interfaces.id", ondelete="SET NULL"),
        index=True,
    ),
    sa.Column("instance_uuid", sa.ForeignKey("instances.uuid"), index=True),
    flag("allocated"),
    flag("leased"),
    flag("reserved"),
    sa.Column("host", sa.String(255), index=True),  # that has it as its own address; NULL: none
    sa.UniqueConstraint("network_id", "position"),
    sa.UniqueConstraint("network_id", "host"),
    sa.Index(None, "allocated", "updated_at"),
    sa.CheckConstraint("NOT allocated OR instance_uuid IS NOT NULL", name="allocated_to"),
    sa.CheckConstraint("host IS NULL OR instance_uuid IS NULL", name="one_holder"),
    sa.CheckConstraint("position >= 0", name="position"),
)

free_ips = sa.Table(  # ours: free addresses in the order of their allocation; only a cache
    "free_ips",
    metadata,
    sa.Column("network_id", sa.ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("freed_at", Timestamp, nullable=False),  # 1970: nobody has had it yet
    sa.Index(None, "network_id", "freed_at", "position"),
)

address_pools = sa.Table(  # ours: how far each network's addresses have been listed in free_ips
    "address_pools",
    metadata,
    sa.Column("network_id", sa.ForeignKey("networks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("listed_to", sa.BigInteger, nullable=False),  # a position
)

floating_ips = sa.Table(
    "floating_ips",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    *times(),
    sa.Column("address", Address, nullable=False, unique=True),
    sa.Column("fixed_ip_id", sa.ForeignKey("fixed_ips.id"), index=True),
    sa.Column("project_id", sa.String(255), index=True),  # NULL: free
    sa.Column("host", sa.String(255), index=True),  # that has it on its public interface
    flag("auto_assigned"),
    sa.Column("pool", sa.String(255), nullable=False),
    sa.Column("interface", sa.String(255)),  # NULL: the host's public_interface
    sa.Index(None, "pool", "project_id"),
    sa.CheckConstraint("fixed_ip_id IS NULL OR project_id IS NOT NULL", name="owned"),
)
