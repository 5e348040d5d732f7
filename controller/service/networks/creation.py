"""One transaction that creates networks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Network

from cloudnet.common.errors import CidrConflict
from cloudnet.common.settings.views import NetworkDefaults
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db import changes
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import host_ranges as host_range_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.model.changes import NETWORK_CREATED, network_change
from cloudnet.controller.model.network_plan import plan_networks
from cloudnet.controller.model.network_request import (
    ExistingNetworks,
    NetworkRequest,
    PlannedNetwork,
)
from cloudnet.controller.model.overlaps import Peers, refuse_overlaps
from cloudnet.controller.model.records import Network

_UNIQUE: dict[tuple[str, ...], str] = {
    ("uuid",): "uuid",
    ("vlan",): "VLAN id",
    ("cidr",): "range",
    ("cidr_v6",): "IPv6 range",
}


def create_networks(
    connection: Connection,
    request: NetworkRequest,
    defaults: NetworkDefaults,
    peers: Peers,
    now: datetime,
) -> list[Network]:
    """Plan the networks, and add them and their reserved addresses.

    :param peers: what no network may cover
    """
    # The counter is also a lock: of two plans at once, the second includes the first one's result.
    revision_rows.increment(connection, revision_rows.RANGES, now)
    bridges = network_rows.list_bridges(connection)
    existing = ExistingNetworks(
        network_rows.list_ranges(connection),
        network_rows.list_vlans(connection),
        bridges={name for name, _ in bridges},
        cloud_bridges={name for name, topology in bridges if topology is not Topology.FLAT},
        flat_nics=network_rows.list_flat_nics(connection),
        ranges_v6=network_rows.list_ranges_v6(connection),
        labels=network_rows.map_labels_by_range(connection),
    )
    planned = plan_networks(request, defaults, existing)
    refuse_overlaps(planned, host_range_rows.list_all(connection), peers)
    refuse_floating_ips(connection, [network.cidr for network in planned])
    return _insert(connection, planned, now)


def refuse_floating_ips(connection: Connection, ranges: Sequence[IPv4Network]) -> None:
    """Refuse ranges that have floating IPs: an address would belong to two guests.

    :raises CidrConflict: one of them has
    """
    floating = floating_rows.list_addresses(connection)
    for cidr in ranges:
        first = bisect_left(floating, cidr.network_address)
        if first < len(floating) and floating[first] in cidr:
            raise CidrConflict(
                f"{cidr} contains the floating IP {floating[first]}; choose another range"
            )


def explain_conflict(label: str, conflict: Conflict) -> CidrConflict:
    """Return the error for a caller whose networks conflict with existing ones."""
    what = _UNIQUE.get(conflict.columns, "uuid, VLAN id or range")
    return CidrConflict(
        f"networks {label}: another network has this {what} ({conflict}); "
        "see `cloudnet-manage network list`"
    )


def _insert(
    connection: Connection, planned: Sequence[PlannedNetwork], now: datetime
) -> list[Network]:
    ids = network_rows.insert(
        connection, [network.columns | {"created_at": now} for network in planned]
    )
    address_rows.insert_reserved(
        connection,
        [
            (
                ids[network.columns["uuid"]],
                address,
                int(address) - int(network.cidr.network_address),
            )
            for network in planned
            for address in network.reserved
        ],
        now,
    )
    created = [n for n in network_rows.list_networks(connection) if n.uuid in ids]
    for network in created:
        changes.add(connection, network_change(NETWORK_CREATED, network))
    return created
