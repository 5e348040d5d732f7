"""The tables: nova-network's names and columns, with the constraints that nova left to its code.

Unique keys, foreign keys and checks state what nova-network's code only assumed. There is no soft
deletion: each row counts, and ``address_history`` keeps what was before. Tables and columns that
nova-network did not have are marked ``ours``.
"""

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
from cloudnet.controller.db.table_parts import flag, times
from cloudnet.controller.db.table_parts import metadata as metadata  # noqa: PLC0414 - exported

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

dns_changes = sa.Table(  # ours: the names that changed, so that a change costs what it changes
    "dns_changes",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("domain", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),  # empty: the domain itself
    sa.Column("revision", sa.BigInteger, index=True),  # NULL: not published yet
)

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

project_locks = sa.Table(  # ours: whoever counts what a project has holds its row
    "project_locks",
    metadata,
    sa.Column("project_id", sa.String(255), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

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
    # after a restore: the generation then, and until when its hosts are waited for
    sa.Column("restored_generation", sa.BigInteger),
    sa.Column("wait_until", Timestamp),  # NULL: no host is waited for
)

cloud_branches = sa.Table(  # ours: each start of a controller
    "cloud_branches",
    metadata,
    sa.Column("branch", sa.String(36), primary_key=True),
    sa.Column("first_generation", sa.BigInteger, nullable=False, index=True),
)

host_agents = sa.Table(  # ours: the agent that reports for each host
    "host_agents",
    metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("agent", sa.String(36)),  # NULL: an agent that does not report its identity
    sa.Column("my_ip", Address),
    sa.Column("boot_id", sa.String(36)),
    sa.Column("held", sa.Text),  # why it refuses the controller's answers; NULL: it obeys
    flag("accepted"),  # an operator lets the next answer through
    sa.Column("refused", sa.Text),  # the last report that was refused, and why; NULL: none
    sa.Column("refused_at", Timestamp),
    sa.Column("checked_generation", sa.BigInteger),  # it reported all that it has since then
    sa.Column("report_digest", sa.String(32)),  # of the last report; NULL: it must report again
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

host_ranges = sa.Table(  # ours: what each host reaches by links of its own
    "host_ranges",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("device", sa.String(255), nullable=False),
    sa.Column("cidr", Cidr, nullable=False),
    sa.Column("address", Address),  # NULL: a route without an address of the host's
)
