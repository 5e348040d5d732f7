"""Rows of ``virtual_interfaces``, and which of them are active.

A VIF is active when each host that serves it has applied a revision of the network that includes
the VIF: its own host, and on a single-host network the gateway.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import MOST_PARAMETERS, Connection, new_id
from cloudnet.controller.db.hints import unindexed
from cloudnet.controller.db.tables import host_networks, instances, networks, virtual_interfaces
from cloudnet.controller.model.records import Network, SnapshotKey
from cloudnet.controller.model.revisions import NOT_YET

_ADD = sa.insert(virtual_interfaces)
_on_host, _on_gateway = host_networks.alias(), host_networks.alias()
_ALL_ACTIVE = (
    sa.select(virtual_interfaces.c.id)
    .join(networks, networks.c.id == virtual_interfaces.c.network_id)
    .join(instances, instances.c.uuid == virtual_interfaces.c.instance_uuid)
    .join(
        _on_host,
        sa.and_(_on_host.c.network_uuid == networks.c.uuid, _on_host.c.host == instances.c.host),
    )
    .outerjoin(
        _on_gateway,
        sa.and_(
            _on_gateway.c.network_uuid == networks.c.uuid, _on_gateway.c.host == networks.c.host
        ),
    )
    .where(
        _on_host.c.applied_revision >= virtual_interfaces.c.host_revision,
        sa.or_(
            networks.c.multi_host,
            _on_gateway.c.applied_revision >= virtual_interfaces.c.gateway_revision,
        ),
    )
)
_ACTIVE = _ALL_ACTIVE.where(virtual_interfaces.c.instance_uuid == given("instance"))


def add(
    connection: Connection,
    instance_uuid: str,
    network: Network,
    mac: str,
    now: datetime,
    *,
    tag: str | None = None,
) -> tuple[int, str]:
    """Add a virtual interface that no revision includes yet, and return its id and uuid.

    :raises Conflict: on ``virtual_interfaces.address`` if another interface has the MAC
    """
    vif_uuid = str(uuid.uuid4())
    done = connection.execute(
        _ADD,
        {
            "created_at": now,
            "address": mac,
            "network_id": network.id,
            "instance_uuid": instance_uuid,
            "uuid": vif_uuid,
            "tag": tag,
            **_not_yet(network),
        },
    )
    return new_id(done), vif_uuid


def move(connection: Connection, vif_id: int, network: Network) -> None:
    """Record that no revision includes a VIF yet: it is on another host now."""
    connection.execute(
        sa.update(virtual_interfaces)
        .where(virtual_interfaces.c.id == vif_id)
        .values(**_not_yet(network))
    )


def move_gateway(connection: Connection, network: Network) -> None:
    """Record that no revision on the new gateway includes a network's VIFs yet."""
    connection.execute(
        sa.update(virtual_interfaces)
        .where(virtual_interfaces.c.network_id == network.id)
        .values(gateway_revision=_not_yet(network)["gateway_revision"])
    )


def _not_yet(network: Network) -> dict[str, int | None]:
    has_gateway = not network.multi_host and network.host is not None
    return {"host_revision": NOT_YET, "gateway_revision": NOT_YET if has_gateway else None}


def include(
    connection: Connection, vif_uuids: Sequence[str], key: SnapshotKey, revision: int
) -> None:
    """Record that a revision is the first one that includes these VIFs, as host or gateway."""
    these = virtual_interfaces.c.uuid.in_(vif_uuids)
    is_on_host = sa.exists().where(
        instances.c.uuid == virtual_interfaces.c.instance_uuid, instances.c.host == key.host
    )
    connection.execute(
        sa.update(virtual_interfaces).where(these, is_on_host).values(host_revision=revision)
    )
    connection.execute(
        sa.update(virtual_interfaces)
        .where(these, virtual_interfaces.c.network_id.in_(_served_by(key)))
        .values(gateway_revision=revision)
    )


def include_all(connection: Connection, key: SnapshotKey, revision: int) -> None:
    """Record the same of all VIFs that no revision of the host or the gateway includes yet."""
    by_uuid = sa.select(networks.c.id).where(networks.c.uuid == key.network).scalar_subquery()
    on_host = sa.select(instances.c.uuid).where(instances.c.host == key.host)
    connection.execute(
        sa.update(virtual_interfaces)
        .where(
            virtual_interfaces.c.instance_uuid.in_(on_host),
            unindexed(virtual_interfaces.c.network_id) == by_uuid,
            virtual_interfaces.c.host_revision == NOT_YET,
        )
        .values(host_revision=revision)
    )
    network_id = connection.scalar(_served_by(key))
    if network_id is not None:
        connection.execute(
            sa.update(virtual_interfaces)
            .where(
                virtual_interfaces.c.network_id == network_id,
                virtual_interfaces.c.gateway_revision == NOT_YET,
            )
            .values(gateway_revision=revision)
        )


def _served_by(key: SnapshotKey) -> sa.Select[tuple[int]]:
    """Select the id of a network if the host is the gateway of all its guests."""
    return sa.select(networks.c.id).where(
        networks.c.uuid == key.network, networks.c.host == key.host, ~networks.c.multi_host
    )


def delete(connection: Connection, vif_ids: Iterable[int]) -> None:
    """Delete virtual interfaces."""
    connection.execute(
        sa.delete(virtual_interfaces).where(virtual_interfaces.c.id.in_(list(vif_ids)))
    )


def list_active_ids(connection: Connection, instance_uuid: str) -> set[int]:
    """Return the ids of an instance's active VIFs."""
    return set(connection.scalars(_ACTIVE, {"instance": instance_uuid}))


def list_unwired(connection: Connection, instance_uuids: Sequence[str]) -> set[str]:
    """Return those of the instances that have a VIF that is not active."""
    unwired: set[str] = set()
    for start in range(0, len(instance_uuids), MOST_PARAMETERS):
        some = instance_uuids[start : start + MOST_PARAMETERS]
        of_some = virtual_interfaces.c.instance_uuid.in_(some)
        active = set(connection.scalars(_ALL_ACTIVE.where(of_some)))
        rows = connection.execute(
            sa.select(virtual_interfaces.c.instance_uuid, virtual_interfaces.c.id).where(of_some)
        )
        unwired |= {instance for instance, vif_id in rows if vif_id not in active}
    return unwired
