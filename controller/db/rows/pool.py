"""Allocating addresses: the next free position of a network is taken and claimed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, new_id
from cloudnet.controller.db.rows import free_list
from cloudnet.controller.db.rows.gaps import find_gap_after
from cloudnet.controller.db.tables import fixed_ips, host_agents, host_ranges
from cloudnet.controller.model.records import Network


@dataclass(frozen=True)
class Holder:
    """Who gets an address: an instance for its VIF, or a host as its gateway."""

    vif_id: int | None = None
    instance: str | None = None  # uuid
    host: str | None = None


# A position that another transaction is taking violates one of these.
_POSITION_KEYS = (("address",), ("network_id", "position"))

_HOST_ADDRESS = sa.union_all(
    sa.select(host_ranges.c.host).where(host_ranges.c.address == given("address")),
    sa.select(host_agents.c.host).where(host_agents.c.my_ip == given("address")),
)
_INSERT = sa.insert(fixed_ips).values(
    created_at=given("created_at"),
    address=given("address"),
    network_id=given("network_id"),
    position=given("position"),
    virtual_interface_id=given("virtual_interface_id"),
    instance_uuid=given("instance_uuid"),
    allocated=given("allocated"),
    host=given("host"),
)


def allocate(
    connection: Connection,
    network: Network,
    holder: Holder,
    now: datetime,
) -> tuple[int, int] | None:
    """Give a holder the next free address.

    An address that nobody has had yet comes first, then the one that has been free longest.

    :param network: as this transaction has read it
    :return: the row's id and the position; None: the pool is full
    :raises Conflict: the holder has an address already, or an address was taken without the list
    """
    position = free_list.take(connection, network)
    while position is not None and is_of_host(connection, network, network.cidr[position]):
        position = free_list.take(connection, network)
    if position is not None:
        row_id = _insert(connection, network, position, holder, now)
        return row_id, position
    return _allocate_unlisted(connection, network, holder, now)


def claim(
    connection: Connection,
    network: Network,
    position: int,
    holder: Holder,
    now: datetime,
) -> int:
    """Give a holder a certain position; return the row's id.

    :raises Conflict: another transaction was first
    """
    free_list.remove(connection, network.id, position)
    return _insert(connection, network, position, holder, now)


def is_of_host(connection: Connection, network: Network, address: IPv4Address) -> bool:
    """Return whether a host reports an address as its own.

    Only the bridges of flat networks, which are the operator's, have hosts' addresses in the range.
    """
    if network.topology is not Topology.FLAT:
        return False
    return connection.execute(_HOST_ADDRESS, {"address": address}).first() is not None


def _allocate_unlisted(
    connection: Connection,
    network: Network,
    holder: Holder,
    now: datetime,
) -> tuple[int, int] | None:
    """Search a free address that is not listed: a row was deleted by hand, or few are left.

    Other transactions may be taking some of those that look free: those are passed over.
    """
    position = find_gap_after(connection, network, network.pool_start - 1)
    while position is not None:
        if is_of_host(connection, network, network.cidr[position]):
            position = find_gap_after(connection, network, position)
            continue
        try:
            with connection.begin_nested():
                row_id = _insert(connection, network, position, holder, now)
        except Conflict as conflict:
            if conflict.table != "fixed_ips" or conflict.columns not in _POSITION_KEYS:
                raise
            position = find_gap_after(connection, network, position)
        else:
            return row_id, position
    return None


def _insert(
    connection: Connection,
    network: Network,
    position: int,
    holder: Holder,
    now: datetime,
) -> int:
    done = connection.execute(
        _INSERT,
        {
            "created_at": now,
            "address": network.cidr[position],
            "network_id": network.id,
            "position": position,
            "virtual_interface_id": holder.vif_id,
            "instance_uuid": holder.instance,
            "allocated": holder.instance is not None,
            "host": holder.host,
        },
    )
    return new_id(done)
