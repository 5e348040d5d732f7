"""The tables: nova-network's names and columns, with the constraints that nova left to its code.

Unique keys, foreign keys and checks state what nova-network's code only assumed. There is no soft
deletion: each row counts, and ``address_history`` keeps what was before. Tables and columns that
nova-network did not have are marked ``ours``.
"""

from __future__ import annotations

from cloudnet.controller.db.table_parts import metadata
from cloudnet.controller.db.tables.addressing import (
    address_pools,
    fixed_ips,
    floating_ips,
    free_ips,
    instances,
    networks,
    virtual_interfaces,
)
from cloudnet.controller.db.tables.dns import dns_changes, dns_domains, dns_entries
from cloudnet.controller.db.tables.history import address_history, operation_log
from cloudnet.controller.db.tables.hosts import (
    host_agents,
    host_changes,
    host_networks,
    host_problems,
    host_ranges,
    prepared_networks,
    recovered_guests,
    recovered_networks,
    services,
)
from cloudnet.controller.db.tables.identity import cloud, cloud_branches, revisions
from cloudnet.controller.db.tables.projects import project_locks, quotas

__all__ = [
    "address_history",
    "address_pools",
    "cloud",
    "cloud_branches",
    "dns_changes",
    "dns_domains",
    "dns_entries",
    "fixed_ips",
    "floating_ips",
    "free_ips",
    "host_agents",
    "host_changes",
    "host_networks",
    "host_problems",
    "host_ranges",
    "instances",
    "metadata",
    "networks",
    "operation_log",
    "prepared_networks",
    "project_locks",
    "quotas",
    "recovered_guests",
    "recovered_networks",
    "revisions",
    "services",
    "virtual_interfaces",
]
