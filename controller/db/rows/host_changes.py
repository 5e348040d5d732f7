"""Rows of ``host_changes``: what has changed for a host since the last revision of a network there.

A transaction only appends that it changes a network on a host. The revision is raised after the
commit, once for all changes since the last time, in a transaction of its own. So callers whose
guests have the same gateway do not wait for each other, and a burst of changes is one revision.

Whoever raises a revision next includes the changes of a controller that ended before it could.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import MOST_PARAMETERS, Connection
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.db.tables import host_changes, host_networks
from cloudnet.controller.model.host_changes import WHOLE, ChangedPart, Fold, HostChange
from cloudnet.controller.model.records import Network, SnapshotKey

_ALL = (
    sa.select(
        host_changes.c.id,
        host_changes.c.host,
        host_changes.c.network_uuid,
        host_changes.c.at,
        host_changes.c.vif_uuid,
        host_changes.c.fixed_ip,
        host_changes.c.floating_ip,
    )
    .order_by(host_changes.c.id)
    .limit(MOST_PARAMETERS)
    .with_for_update(skip_locked=True)
)
_ON_HOST = _ALL.where(host_changes.c.host == sa.bindparam("on_host"))


def add(
    connection: Connection,
    host: str,
    network: Network,
    now: datetime,
    parts: Sequence[ChangedPart] = (WHOLE,),
) -> SnapshotKey:
    """Record that a network changes on a host."""
    add_all(connection, [host], network, now, parts)
    return SnapshotKey(host, network.uuid)


def add_all(
    connection: Connection,
    hosts: Iterable[str],
    network: Network,
    now: datetime,
    parts: Sequence[ChangedPart] = (WHOLE,),
) -> None:
    """Record that a network changes on several hosts."""
    rows = [
        {
            "host": host,
            "network_uuid": network.uuid,
            "at": now,
            "vif_uuid": part.vif,
            "fixed_ip": part.fixed_ip,
            "floating_ip": part.floating_ip,
        }
        for host in hosts
        for part in parts
    ]
    if rows:
        connection.execute(sa.insert(host_changes), rows)


def add_on_all_hosts(connection: Connection, network: Network, now: datetime) -> set[SnapshotKey]:
    """Record that a network changes on every host that has it."""
    hosts = list_hosts(connection, network)
    add_all(connection, sorted(hosts), network, now)
    return {SnapshotKey(host, network.uuid) for host in hosts}


def list_hosts(connection: Connection, network: Network) -> set[str]:
    """Return the hosts that have a network, or shall have it."""
    return {
        host
        for table in (host_networks, host_changes)
        for host in connection.scalars(
            sa.select(table.c.host).where(table.c.network_uuid == network.uuid)
        )
    }


def has_changed(connection: Connection, host: str, network_uuid: str | None = None) -> bool:
    """Whether a network (None: any network) has changed on a host since its last revision."""
    changes = sa.select(host_changes.c.id).where(host_changes.c.host == host).limit(1)
    if network_uuid is not None:
        changes = changes.where(host_changes.c.network_uuid == network_uuid)
    return connection.execute(changes).first() is not None


def list_changed(connection: Connection) -> set[SnapshotKey]:
    """Return what has changed since its last revision."""
    rows = connection.execute(sa.select(host_changes.c.host, host_changes.c.network_uuid))
    return {SnapshotKey(*row) for row in rows}


def fold(connection: Connection, host: str | None = None) -> Fold:
    """Raise the revision of everything that has changed (on a host if given).

    Changes that another transaction is folding are left to it.
    """
    rows = connection.execute(_ALL if host is None else _ON_HOST, {"on_host": host}).all()
    if not rows:
        return Fold((), is_complete=True)
    by_key: dict[SnapshotKey, list[Any]] = {}  # Any: rows
    for row in rows:
        by_key.setdefault(SnapshotKey(row.host, row.network_uuid), []).append(row)
    changes = tuple(
        _raise_revision(
            connection,
            key,
            max(row.at for row in by_key[key]),
            tuple(ChangedPart(row.vif_uuid, row.fixed_ip, row.floating_ip) for row in by_key[key]),
        )
        for key in sorted(by_key)  # always in the same order: others wait, but none for each other
    )
    ids = [row.id for row in rows]
    connection.execute(sa.delete(host_changes).where(host_changes.c.id.in_(ids)))
    return Fold(changes, is_complete=len(rows) < MOST_PARAMETERS)


def delete_host(connection: Connection, host: str) -> None:
    """Delete all rows of a host."""
    connection.execute(sa.delete(host_changes).where(host_changes.c.host == host))


def _raise_revision(
    connection: Connection, key: SnapshotKey, now: datetime, parts: tuple[ChangedPart, ...]
) -> HostChange:
    base, revision = host_network_rows.raise_revision(connection, key, now)
    vifs = [part.vif for part in parts if part.vif is not None]
    if vifs:
        vif_rows.include(connection, vifs, key, revision)
    if any(part.is_whole for part in parts):
        vif_rows.include_all(connection, key, revision)
    return HostChange(key, base, revision, parts)
