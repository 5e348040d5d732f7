"""Rows of ``host_networks``: the revision that each host shall have, and the one it has applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import host_networks, networks
from cloudnet.controller.model.records import HostNetwork, Network, NetworkSync, SnapshotKey

_ROW = sa.select(
    host_networks.c.host,
    host_networks.c.network_uuid,
    host_networks.c.network_id,
    host_networks.c.revision,
    host_networks.c.applied_revision,
)
_RAISE = (
    sa.update(host_networks)
    .where(
        host_networks.c.host == given("on_host"),
        host_networks.c.network_uuid == given("of_network"),
    )
    .values(revision=host_networks.c.revision + 1)
)
_ADD = sa.insert(host_networks)
_ONE = _ROW.where(
    host_networks.c.host == given("on_host"), host_networks.c.network_uuid == given("of_network")
)


def raise_revision(
    connection: Connection, host: str, network: Network, now: datetime
) -> SnapshotKey:
    """Raise the revision of a network on a host.

    A row that is new, perhaps after one that went, starts at the clock (ms): above all that the
    host may still remember of this network.
    """
    done = connection.execute(_RAISE, {"on_host": host, "of_network": network.uuid})
    if not done.rowcount:
        connection.execute(
            _ADD,
            {
                "host": host,
                "network_uuid": network.uuid,
                "network_id": network.id,
                "revision": _clock(now),
            },
        )
    return SnapshotKey(host, network.uuid)


def raise_revision_on_all_hosts(connection: Connection, network: Network) -> set[SnapshotKey]:
    """Raise the revision of a network on every host that has it."""
    mine = host_networks.c.network_uuid == network.uuid
    connection.execute(
        sa.update(host_networks).where(mine).values(revision=host_networks.c.revision + 1)
    )
    hosts = connection.scalars(sa.select(host_networks.c.host).where(mine))
    return {SnapshotKey(host, network.uuid) for host in hosts}


def raise_revision_above(connection: Connection, row: HostNetwork, revision: int) -> HostNetwork:
    """Put a row above a revision that the host has from elsewhere, and return it as it is now."""
    fresh = replace(row, revision=revision, applied_revision=None)
    connection.execute(
        sa.update(host_networks)
        .where(_is(row))
        .values(revision=fresh.revision, applied_revision=fresh.applied_revision)
    )
    return fresh


def add_unknown_network(
    connection: Connection, host: str, network_uuid: str, above: int, now: datetime
) -> HostNetwork:
    """Remember that a host has a network that it should not have, at a revision not below these."""
    network_id = connection.scalar(sa.select(networks.c.id).where(networks.c.uuid == network_uuid))
    revision = max(above, _clock(now))
    row = HostNetwork(host, network_uuid, network_id, revision, applied_revision=None)
    connection.execute(_ADD, vars(row))
    return row


def list_for_host(connection: Connection, host: str) -> list[HostNetwork]:
    """Return what a host should have."""
    rows = connection.execute(
        _ROW.where(host_networks.c.host == host).order_by(host_networks.c.network_uuid)
    )
    return [HostNetwork(*row) for row in rows]


def get(connection: Connection, host: str, network_uuid: str) -> HostNetwork | None:
    """Return what a host should have of one network."""
    row = connection.execute(_ONE, {"on_host": host, "of_network": network_uuid}).first()
    return None if row is None else HostNetwork(*row)


def record_applied(connection: Connection, row: HostNetwork, now: datetime) -> bool:
    """Record that a row's revision stands on its host; False: there is a newer one by now."""
    done = connection.execute(
        sa.update(host_networks)
        .where(_is(row), host_networks.c.revision == row.revision)
        .values(applied_revision=row.revision, applied_at=now)
    )
    return done.rowcount == 1


def record_earlier_applied(
    connection: Connection, row: HostNetwork, revision: int, now: datetime
) -> None:
    """Record that an earlier revision of a row stands on its host; that does not go back."""
    connection.execute(
        sa.update(host_networks)
        .where(
            _is(row),
            sa.func.coalesce(host_networks.c.applied_revision, 0) < revision,
        )
        .values(applied_revision=revision, applied_at=now)
    )


def delete_unchanged(connection: Connection, row: HostNetwork) -> bool:
    """Remove a row that has not changed since it was read; False: it has."""
    done = connection.execute(
        sa.delete(host_networks).where(_is(row), host_networks.c.revision == row.revision)
    )
    return done.rowcount == 1


def _clock(now: datetime) -> int:
    """Milliseconds: what a new row's revision starts at."""
    return int(now.timestamp() * 1000)


def _is(row: HostNetwork) -> sa.ColumnElement[bool]:
    return sa.and_(
        host_networks.c.host == row.host, host_networks.c.network_uuid == row.network_uuid
    )


def list_sync_by_host(connection: Connection) -> dict[str, list[NetworkSync]]:
    """Return how networks stand on each host that has any."""
    rows = connection.execute(
        sa.select(
            host_networks.c.host,
            host_networks.c.network_uuid,
            networks.c.label,
            host_networks.c.revision,
            host_networks.c.applied_revision,
        )
        .outerjoin(networks, networks.c.id == host_networks.c.network_id)
        .order_by(host_networks.c.host, host_networks.c.network_uuid)
    )
    found: dict[str, list[NetworkSync]] = {}
    for host, *standing in rows:
        found.setdefault(host, []).append(NetworkSync(*standing))
    return found
