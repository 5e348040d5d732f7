"""One transaction that edits a network while hosts have it."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.errors import CidrConflict, FixedIpAlreadyInUse
from cloudnet.controller.db import changes
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import host_ranges as host_range_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.changes import NETWORK_UPDATED, network_change
from cloudnet.controller.model.network_edit import NetworkEdit, plan_edit
from cloudnet.controller.model.network_request import PlannedNetwork
from cloudnet.controller.model.overlaps import Peers, refuse_overlaps
from cloudnet.controller.model.records import Network
from cloudnet.controller.service.hosts.administration import require_enabled
from cloudnet.controller.service.networks.changes import Changed, move_gateway
from cloudnet.controller.service.networks.creation import refuse_floating_ips
from cloudnet.controller.service.networks.lookup import lock_network


def edit_network(
    connection: Connection, uuid: str, edit: NetworkEdit, peers: Peers, now: datetime
) -> Changed:
    """Change columns of a network; a new ``host`` takes over its guests and floating IPs.

    :param peers: what no network may cover
    :raises BadRequest: the edit contradicts itself or the network
    :raises CidrConflict: the wider range covers something else
    :raises FixedIpAlreadyInUse: a guest or a host has the new gateway's address
    :raises HostDisabled: an operator has disabled the host that is named
    """
    if edit.cidr is not None:
        revision_rows.increment(connection, revision_rows.RANGES, now)  # also a lock of all ranges
    before = lock_network(connection, uuid)
    columns = plan_edit(before, edit)
    if edit.cidr is not None:
        _refuse_conflicts(connection, before, edit, peers)
    if edit.host is not None:
        require_enabled(connection, edit.host)
    if columns:
        network_rows.update(connection, before.id, now, **columns)
    after = network_rows.get_by_id(connection, before.id)
    _reserve_own_addresses(connection, before, after, now)
    changed = host_change_rows.add_on_all_hosts(connection, after, now)
    if edit.host is not None:
        changed |= move_gateway(connection, after, edit.host, now)
    changes.add(connection, network_change(NETWORK_UPDATED, after))
    return after, changed


def _refuse_conflicts(
    connection: Connection, network: Network, edit: NetworkEdit, peers: Peers
) -> None:
    cidr = edit.cidr or network.cidr
    for other in network_rows.list_ranges(connection):
        if other != network.cidr and other.overlaps(cidr):
            raise CidrConflict(f"cidr {cidr} overlaps the network {other}; choose another range")
    refuse_floating_ips(connection, [cidr])
    planned = PlannedNetwork(vars(network) | {"cidr": cidr}, ())
    refuse_overlaps([planned], host_range_rows.list_all(connection), peers)


def _reserve_own_addresses(
    connection: Connection, before: Network, after: Network, now: datetime
) -> None:
    """Reserve what the network needs for itself now, and free what it needs no longer."""
    for address in sorted(_own(before) - _own(after)):
        row = address_rows.get_by_address(connection, address)
        if row is not None and row.reserved:
            address_rows.unreserve(connection, row.id)
            kind = events.UNRESERVED
            history_rows.add(connection, [events.network_event(kind, after, address)], now)
    for address in sorted(_own(after) - _own(before)):
        row = address_rows.get_by_address(connection, address)
        if row is None:
            reserved = (after.id, address, after.position_of(address))
            address_rows.insert_reserved(connection, [reserved], now)
            kind = events.RESERVED
            history_rows.add(connection, [events.network_event(kind, after, address)], now)
        elif not row.reserved:
            holder = f"instance {row.instance_uuid}" if row.instance_uuid else f"host {row.host}"
            raise FixedIpAlreadyInUse(
                f"{address} belongs to {holder}; give network {after.label} another address"
            )


def _own(network: Network) -> set[IPv4Address]:
    return {
        address
        for address in network.own_addresses
        if address is not None and address in network.cidr
    }
