"""Networks on hosts before and after a guest of them: what a migration needs.

nova prepares the destination (``setup_networks_on_host``), moves the guest, reports that
(``migrate_instance_finish``), and then clears the source. A host keeps a prepared network although
it has no guest there, until the guest has come or the preparation is taken back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import preparations as preparation_rows
from cloudnet.controller.db.rows.preparations import NO_INSTANCE
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.service.hosts import attachment
from cloudnet.controller.service.hosts.administration import require_enabled


def prepare_for_instance(
    connection: Connection, instance: str, host: str, now: datetime
) -> set[SnapshotKey]:
    """Prepare an instance's networks on a host; return which snapshots the host needs.

    :raises HostDisabled: an operator has disabled the host
    """
    guests = guest_rows.list_for_instance(connection, instance)
    networks = list(dict.fromkeys(guest.network_id for guest in guests))
    if not guests or guests[0].host == host:
        return {SnapshotKey(host, _get_uuid(connection, network)) for network in networks}
    return _prepare(connection, host, networks, instance, now)


def prepare_network(
    connection: Connection, network_id: int, host: str, now: datetime
) -> set[SnapshotKey]:
    """Prepare a network on a host for any guest."""
    return _prepare(connection, host, [network_id], NO_INSTANCE, now)


def _prepare(
    connection: Connection, host: str, network_ids: Collection[int], instance: str, now: datetime
) -> set[SnapshotKey]:
    require_enabled(connection, host)
    keys: set[SnapshotKey] = set()
    for network_id in network_ids:
        network = network_rows.get_by_id(connection, network_id)
        keys.add(SnapshotKey(host, network.uuid))
        if preparation_rows.add(connection, host, network_id, instance, now):
            attached = attachment.attach(connection, network, host, now)
            keys |= attachment.record_changes(connection, attached.network, host, now)
            history_rows.add(connection, attached.events, now)
    return keys


def end_preparation(
    connection: Connection, instance: str, now: datetime, host: str | None = None
) -> set[SnapshotKey]:
    """Take back what is prepared for an instance (on a host if given)."""
    changed: set[SnapshotKey] = set()
    for name, network_id in preparation_rows.list_for_instance(connection, instance, host):
        changed |= _end(connection, name, network_id, instance, now)
    return changed


def end_network_preparation(
    connection: Connection, network_id: int, host: str, now: datetime
) -> set[SnapshotKey]:
    """Take back what was prepared on a host for any guest."""
    return _end(connection, host, network_id, NO_INSTANCE, now)


def _end(
    connection: Connection, host: str, network_id: int, instance: str, now: datetime
) -> set[SnapshotKey]:
    preparation_rows.remove(connection, host, [network_id], instance)
    network = network_rows.get_by_id(connection, network_id)
    return attachment.record_changes(connection, network, host, now)


def _get_uuid(connection: Connection, network_id: int) -> str:
    return network_rows.get_by_id(connection, network_id).uuid
