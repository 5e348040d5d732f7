"""Rows of ``networks``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.engine import Connection
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
# Caller puts a guest on a network holds it as it was seen, and whoever changes it waits for that.
_HELD = _ALL.with_for_update(read=True)
_OF_PROJECT = _HELD.where(networks.c.project_id == given("project"))
_OF_PROJECT_OR_SHARED = _HELD.where(
    sa.or_(
        networks.c.project_id == given("project"),
        sa.and_(networks.c.project_id.is_(None), networks.c.topology != Topology.VLAN),
    )
)

Seen = tuple[Network, IPv4Address | None]  # with the gateway address that a host has on it


def _network(row: Sequence[Any]) -> Network:
    return Network(*row)


def list_for_project(
    connection: Connection, project: str, *, shared: bool = False
) -> list[Network]:
    """Return the project's networks, and the flat ones that all share if ``shared``.

    They stay as they are until the transaction ends.
    """
    statement = _OF_PROJECT_OR_SHARED if shared else _OF_PROJECT
    return [_network(row) for row in connection.execute(statement, {"project": project})]


def get_by_uuids(connection: Connection, uuids: Iterable[str]) -> dict[str, Network]:
    """Return the networks with these uuids, by uuid; unknown ones are left out.

    They stay as they are until the transaction ends.
    """
    rows = connection.execute(_HELD.where(networks.c.uuid.in_(list(uuids))))
    return {row.uuid: _network(row) for row in rows}


def get_by_id(connection: Connection, network_id: int) -> Network:
    """Return the network with this id."""
    return _network(connection.execute(_ALL.where(networks.c.id == network_id)).one())


def get_seen_from_by_ids(connection: Connection, host: str, ids: Iterable[int]) -> dict[int, Seen]:
    """Return the networks with these ids, as seen from a host, by id."""
    rows = connection.execute(_WITH_GATEWAY.where(networks.c.id.in_(list(ids))), {"host": host})
    return {row.id: (_network(row[:-1]), row[-1]) for row in rows}


def get_seen_from(connection: Connection, host: str, network_id: int) -> Seen:
    """Return one network as seen from a host."""
    seen = {"host": host, "network": network_id}
    row = connection.execute(_ONE_WITH_GATEWAY, seen).one()
    return _network(row[:-1]), row[-1]


def list_networks(connection: Connection) -> list[Network]:
    """Return all networks in the order they were made."""
    return [_network(row) for row in connection.execute(_ALL)]


def get_by_uuid(connection: Connection, uuid: str, *, alone: bool = False) -> Network | None:
    """Return the network with this uuid; ``alone``: nobody else has or gets it meanwhile."""
    statement = _ALL.where(networks.c.uuid == uuid)
    row = connection.execute(statement.with_for_update() if alone else statement).first()
    return None if row is None else _network(row)


def get_by_cidr(
    connection: Connection, cidr: IPv4Network, *, alone: bool = False
) -> Network | None:
    """Return the network with exactly this range; ``alone`` as above."""
    statement = _ALL.where(networks.c.cidr == cidr)
    row = connection.execute(statement.with_for_update() if alone else statement).first()
    return None if row is None else _network(row)


def list_ranges(connection: Connection) -> list[IPv4Network]:
    """Return the range of every network."""
    return list(connection.scalars(sa.select(networks.c.cidr)))


def list_vlans(connection: Connection) -> set[int]:
    """Return the VLAN ids that are taken."""
    return set(connection.scalars(sa.select(networks.c.vlan).where(networks.c.vlan.is_not(None))))


def list_bridges(connection: Connection) -> set[str]:
    """Return the names of bridges that are taken."""
    return set(connection.scalars(sa.select(networks.c.bridge)))


def insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Add networks and return their ids by uuid."""
    connection.execute(sa.insert(networks), list(rows))
    wanted = [row["uuid"] for row in rows]
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):  # a statement takes only so many parameters
        some = sa.select(networks.c.uuid, networks.c.id).where(
            networks.c.uuid.in_(wanted[start : start + 500])
        )
        found |= {row.uuid: row.id for row in connection.execute(some)}
    return found


def delete(connection: Connection, network_id: int) -> None:
    """Remove a network; its fixed IPs must be gone."""
    connection.execute(sa.delete(networks).where(networks.c.id == network_id))


def update(connection: Connection, network_id: int, now: datetime, **values: Any) -> None:
    """Change columns of a network."""
    connection.execute(
        sa.update(networks).where(networks.c.id == network_id).values(updated_at=now, **values)
    )


def find_free_network(connection: Connection) -> int | None:
    """Return the id of the first VLAN network that has no project."""
    return connection.scalar(
        sa.select(networks.c.id)
        .where(networks.c.project_id.is_(None), networks.c.topology == Topology.VLAN)
        .order_by(networks.c.id)
        .limit(1)
    )


def claim_for_project(connection: Connection, network_id: int, project: str, now: datetime) -> bool:
    """Give a network to a project; False: another project was faster."""
    done = connection.execute(
        sa.update(networks)
        .where(networks.c.id == network_id, networks.c.project_id.is_(None))
        .values(project_id=project, updated_at=now)
    )
    return done.rowcount == 1


def claim_gateway(connection: Connection, network_id: int, host: str, now: datetime) -> bool:
    """Make the host the network's gateway; False: another host is."""
    done = connection.execute(
        sa.update(networks)
        .where(networks.c.id == network_id, networks.c.host.is_(None))
        .values(host=host, updated_at=now)
    )
    return done.rowcount == 1
