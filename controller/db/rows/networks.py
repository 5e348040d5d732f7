"""Rows of ``networks``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.common.errors import UnreadableRow
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.engine import MOST_PARAMETERS, Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import fixed_ips, networks
from cloudnet.controller.model.records import Network

_COLUMNS = [networks.c[field.name] for field in fields(Network)]
_ALL = sa.select(*_COLUMNS).order_by(networks.c.id)

_gateway = fixed_ips.alias("gateway")
_WITH_GATEWAY = sa.select(*_COLUMNS, _gateway.c.address).select_from(
    networks.outerjoin(
        _gateway,
        sa.and_(_gateway.c.network_id == networks.c.id, _gateway.c.host == given("host")),
    )
)
_ONE_WITH_GATEWAY = _WITH_GATEWAY.where(networks.c.id == given("network"))
# Transactions that put guests on a network share a lock; one that changes the network waits.
_SHARED_LOCK = _ALL.with_for_update(read=True)
_FOR_PROJECT = _SHARED_LOCK.where(networks.c.project_id == given("project"))
_FOR_PROJECT_OR_SHARED = _SHARED_LOCK.where(
    sa.or_(
        networks.c.project_id == given("project"),
        sa.and_(networks.c.project_id.is_(None), networks.c.topology != Topology.VLAN),
    )
)

SeenNetwork = tuple[Network, IPv4Address | None]  # with the gateway address of one host on it


def get_by_id(connection: Connection, network_id: int) -> Network:
    """Return the network with this id."""
    return _network(connection.execute(_ALL.where(networks.c.id == network_id)).one())


def get_by_uuid(connection: Connection, uuid: str, *, lock: bool = False) -> Network | None:
    """Return the network with this uuid; with ``lock``, lock it until the transaction ends."""
    return _get(connection, networks.c.uuid == uuid, lock=lock)


def get_by_cidr(
    connection: Connection, cidr: IPv4Network | IPv6Network, *, lock: bool = False
) -> Network | None:
    """Return the network with exactly this IPv4 or IPv6 range; with ``lock``, as above."""
    column = networks.c.cidr if isinstance(cidr, IPv4Network) else networks.c.cidr_v6
    return _get(connection, column == cidr, lock=lock)


def find_uuid(connection: Connection, network_id: int) -> str | None:
    """Return the uuid of the network with a number, or None if there is none."""
    uuid: str | None = connection.scalar(
        sa.select(networks.c.uuid).where(networks.c.id == network_id)
    )
    return uuid


def find_containing(connection: Connection, address: IPv4Address) -> Network | None:
    """Return the network whose range contains an address."""
    ranges = [IPv4Network((int(address), length), strict=False) for length in range(33)]
    return _get(connection, networks.c.cidr.in_(ranges), lock=False)


def list_networks(connection: Connection) -> list[Network]:
    """Return all networks in the order of their creation."""
    return [_network(row) for row in read_rows(connection, _ALL)]


def list_for_project(
    connection: Connection, project: str, *, with_shared: bool = False
) -> list[Network]:
    """Return the networks of a project, and the flat ones that all projects share if wanted.

    No other transaction changes them before this one ends.
    """
    statement = _FOR_PROJECT_OR_SHARED if with_shared else _FOR_PROJECT
    return [_network(row) for row in connection.execute(statement, {"project": project})]


def map_by_uuid(connection: Connection, uuids: Iterable[str]) -> dict[str, Network]:
    """Return the networks with these uuids, by uuid; unknown ones are left out.

    No other transaction changes them before this one ends.
    """
    rows = connection.execute(_SHARED_LOCK.where(networks.c.uuid.in_(list(uuids))))
    return {row.uuid: _network(row) for row in rows}


def map_seen_by_id(connection: Connection, host: str, ids: Iterable[int]) -> dict[int, SeenNetwork]:
    """Return the networks with these ids and the host's gateway address on each, by id."""
    rows = read_rows(connection, _WITH_GATEWAY.where(networks.c.id.in_(list(ids))), {"host": host})
    return {row.id: (_network(row[:-1]), row[-1]) for row in rows}


def get_seen(connection: Connection, host: str, network_id: int) -> SeenNetwork:
    """Return a network and a host's gateway address on it."""
    row = connection.execute(_ONE_WITH_GATEWAY, {"host": host, "network": network_id}).one()
    return _network(row[:-1]), row[-1]


def list_ranges(connection: Connection) -> list[IPv4Network]:
    """Return the range of every network.

    No range may be missing, since hosts keep projects apart by these. Other columns give the range
    of a row whose ``cidr`` cannot be read.
    """
    try:
        return list(connection.scalars(sa.select(networks.c.cidr)))
    except UnreadableRow:
        readable = dict(
            map(tuple, read_rows(connection, sa.select(networks.c.id, networks.c.cidr)))
        )
        masks = read_rows(
            connection, sa.select(networks.c.id, networks.c.broadcast, networks.c.netmask)
        )
        for row in masks:
            if row.id not in readable:
                readable[row.id] = IPv4Network(f"{row.broadcast}/{row.netmask}", strict=False)
        return list(readable.values())


def list_ranges_v6(connection: Connection) -> list[IPv6Network]:
    """Return the IPv6 range of every network that has one."""
    given_ = networks.c.cidr_v6.is_not(None)
    return list(connection.scalars(sa.select(networks.c.cidr_v6).where(given_)))


def map_labels_by_range(connection: Connection) -> dict[IPv4Network | IPv6Network, str]:
    """Return the networks' labels by their IPv4 and IPv6 ranges, for messages."""
    statement = sa.select(networks.c.label, networks.c.cidr, networks.c.cidr_v6)
    return {
        range_: row.label
        for row in read_rows(connection, statement)
        for range_ in (row.cidr, row.cidr_v6)
        if range_ is not None and row.label
    }


def list_vlans(connection: Connection) -> dict[int, str]:
    """Return the VLAN ids that networks have, with the networks' labels and uuids."""
    rows = connection.execute(
        sa.select(networks.c.vlan, networks.c.label, networks.c.uuid).where(
            networks.c.vlan.is_not(None)
        )
    )
    return {row.vlan: f"{row.label} ({row.uuid})" for row in rows}


def list_bridges(connection: Connection) -> set[tuple[str, Topology]]:
    """Return the names of the bridges that networks have, with the networks' topologies."""
    rows = connection.execute(sa.select(networks.c.bridge, networks.c.topology).distinct())
    return {(bridge, topology) for bridge, topology in rows}


def list_flat_nics(connection: Connection) -> dict[str, str]:
    """Return the NICs that are ports of FlatDHCP networks' bridges, with the networks' labels."""
    rows = connection.execute(
        sa.select(networks.c.bridge_interface, networks.c.label).where(
            networks.c.topology == Topology.FLATDHCP, networks.c.bridge_interface.is_not(None)
        )
    )
    return {row.bridge_interface: row.label for row in rows}


def insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Add networks and return their ids by uuid.

    :raises Conflict: another network has a uuid, a VLAN id or a range of theirs
    """
    connection.execute(sa.insert(networks), list(rows))
    uuids = [row["uuid"] for row in rows]
    ids: dict[str, int] = {}
    for start in range(0, len(uuids), MOST_PARAMETERS):
        chunk = networks.c.uuid.in_(uuids[start : start + MOST_PARAMETERS])
        inserted = connection.execute(sa.select(networks.c.uuid, networks.c.id).where(chunk))
        ids |= {row.uuid: row.id for row in inserted}
    return ids


def delete(connection: Connection, network_id: int) -> None:
    """Delete a network; its fixed IPs must be deleted before."""
    connection.execute(sa.delete(networks).where(networks.c.id == network_id))


def update(connection: Connection, network_id: int, now: datetime, **values: Any) -> None:
    """Set columns of a network."""
    connection.execute(
        sa.update(networks).where(networks.c.id == network_id).values(updated_at=now, **values)
    )


def find_without_project(connection: Connection) -> int | None:
    """Return the id of the first VLAN network that has no project, or None if there is none."""
    return connection.scalar(
        sa.select(networks.c.id)
        .where(networks.c.project_id.is_(None), networks.c.topology == Topology.VLAN)
        .order_by(networks.c.id)
        .limit(1)
    )


def claim_for_project(connection: Connection, network_id: int, project: str, now: datetime) -> bool:
    """Give a network to a project; return False if it has one."""
    done = connection.execute(
        sa.update(networks)
        .where(networks.c.id == network_id, networks.c.project_id.is_(None))
        .values(project_id=project, updated_at=now)
    )
    return done.rowcount == 1


def claim_gateway(connection: Connection, network_id: int, host: str, now: datetime) -> bool:
    """Make a host the gateway of a network; return False if the network has one."""
    done = connection.execute(
        sa.update(networks)
        .where(networks.c.id == network_id, networks.c.host.is_(None))
        .values(host=host, updated_at=now)
    )
    return done.rowcount == 1


def _get(
    connection: Connection, condition: sa.ColumnElement[bool], *, lock: bool
) -> Network | None:
    statement = _ALL.where(condition)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    return None if row is None else _network(row)


def _network(row: Sequence[Any]) -> Network:
    return Network(*row)
