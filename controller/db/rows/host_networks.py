"""Rows of ``host_networks``: the revision that each host shall have, and the one it has applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import (
    host_agents,
    host_networks,
    instances,
    networks,
    virtual_interfaces,
)
from cloudnet.controller.model.records import HostNetwork, NetworkSync, SnapshotKey
from cloudnet.controller.model.revisions import first_revision

_ROW = sa.select(
    host_networks.c.host,
    host_networks.c.network_uuid,
    host_networks.c.network_id,
    host_networks.c.revision,
    host_networks.c.applied_revision,
)
_ONE = _ROW.where(
    host_networks.c.host == given("on_host"), host_networks.c.network_uuid == given("of_network")
)
_REVISION = sa.select(host_networks.c.revision).where(
    host_networks.c.host == given("on_host"), host_networks.c.network_uuid == given("of_network")
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


def get(connection: Connection, host: str, network_uuid: str) -> HostNetwork | None:
    """Return the row of one network on a host, or None if the host does not have the network."""
    row = connection.execute(_ONE, {"on_host": host, "of_network": network_uuid}).first()
    return None if row is None else HostNetwork(*row)


def list_keys(connection: Connection, network_uuid: str) -> set[SnapshotKey]:
    """Return which hosts have a network."""
    hosts = connection.scalars(
        sa.select(host_networks.c.host).where(host_networks.c.network_uuid == network_uuid)
    )
    return {SnapshotKey(host, network_uuid) for host in hosts}


def list_for_host(connection: Connection, host: str) -> list[HostNetwork]:
    """Return the rows of all networks on a host."""
    rows = connection.execute(
        _ROW.where(host_networks.c.host == host).order_by(host_networks.c.network_uuid)
    )
    return [HostNetwork(*row) for row in rows]


def list_sync_by_host(connection: Connection) -> dict[str, list[NetworkSync]]:
    """Return by host how far each host is with each of its networks."""
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
    by_host: dict[str, list[NetworkSync]] = {}
    for host, *sync in rows:
        by_host.setdefault(host, []).append(NetworkSync(*sync))
    return by_host


def list_named_hosts(connection: Connection) -> set[str]:
    """Return the hosts that networks name, or instances that have interfaces."""
    # The row of a deallocated instance stays while its addresses are in quarantine.
    with_interfaces = instances.c.uuid.in_(sa.select(virtual_interfaces.c.instance_uuid))
    statements = (
        sa.select(host_networks.c.host).distinct(),
        sa.select(networks.c.host).where(networks.c.host.is_not(None)).distinct(),
        sa.select(instances.c.host).where(with_interfaces).distinct(),
    )
    return {host for statement in statements for host in connection.scalars(statement)}


def list_expected_hosts(connection: Connection) -> set[str]:
    """Return the hosts that networks, instances or refused reports name."""
    has_reported = sa.or_(
        host_agents.c.agent.is_not(None),
        host_agents.c.held.is_not(None),
        host_agents.c.refused.is_not(None),
    )
    reporting = connection.scalars(sa.select(host_agents.c.host).where(has_reported))
    return list_named_hosts(connection) | set(reporting)


def raise_revision(
    connection: Connection, key: SnapshotKey, now: datetime
) -> tuple[int | None, int]:
    """Raise the revision of a network on a host; add the row if there is none.

    Returns the revision before (None: there was no row) and the one now.
    """
    row = {"on_host": key.host, "of_network": key.network}
    if connection.execute(_RAISE, row).rowcount:
        revision: int = connection.execute(_REVISION, row).scalar_one()
        return revision - 1, revision
    return None, add_unknown_network(connection, key.host, key.network, 0, now).revision


def raise_revision_to(connection: Connection, row: HostNetwork, revision: int) -> HostNetwork:
    """Raise a revision that no host has applied to this one at least; return the row as it is now.

    Another transaction may have raised it since the row was read: it is never lowered.
    """
    following = host_networks.c.revision + 1
    connection.execute(
        sa.update(host_networks)
        .where(_is(row))
        .values(
            revision=sa.case((following > revision, following), else_=revision),
            applied_revision=None,
        )
    )
    changed = replace(row, revision=revision, applied_revision=None)
    return get(connection, row.host, row.network_uuid) or changed


def add_unknown_network(
    connection: Connection, host: str, network_uuid: str, at_least: int, now: datetime
) -> HostNetwork:
    """Add the row of a network, also of one that the database does not have."""
    network_id = connection.scalar(sa.select(networks.c.id).where(networks.c.uuid == network_uuid))
    row = HostNetwork(host, network_uuid, network_id, first_revision(now, at_least), None)
    connection.execute(_ADD, vars(row))
    return row


def record_applied(connection: Connection, row: HostNetwork, now: datetime) -> bool:
    """Record that the host has applied the row's revision; return False if it is not the last."""
    done = connection.execute(
        sa.update(host_networks)
        .where(_is(row), host_networks.c.revision == row.revision)
        .values(applied_revision=row.revision, applied_at=now)
    )
    return done.rowcount == 1


def record_progress(connection: Connection, row: HostNetwork, revision: int, now: datetime) -> None:
    """Record that the host has applied an older revision, unless a newer one is recorded."""
    connection.execute(
        sa.update(host_networks)
        .where(_is(row), sa.func.coalesce(host_networks.c.applied_revision, 0) < revision)
        .values(applied_revision=revision, applied_at=now)
    )


def delete_unchanged(connection: Connection, row: HostNetwork) -> bool:
    """Delete a row; return False if its revision has changed since the row was read."""
    done = connection.execute(
        sa.delete(host_networks).where(_is(row), host_networks.c.revision == row.revision)
    )
    return done.rowcount == 1


def delete_host(connection: Connection, host: str) -> None:
    """Delete all rows of a host."""
    connection.execute(sa.delete(host_networks).where(host_networks.c.host == host))


def _is(row: HostNetwork) -> sa.ColumnElement[bool]:
    return sa.and_(
        host_networks.c.host == row.host, host_networks.c.network_uuid == row.network_uuid
    )
