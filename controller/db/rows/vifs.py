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
from cloudnet.controller.db.tables import host_networks, instances, networks, virtual_interfaces
from cloudnet.controller.model.records import Network


def _revision_on(host: str) -> sa.ScalarSelect[int]:
    """The current revision of a network on the host that the parameter names."""
    return (
        sa.select(host_networks.c.revision)
        .where(
            host_networks.c.network_uuid == given("network_uuid"),
            host_networks.c.host == given(host),
        )
        .scalar_subquery()
    )


_ADD = sa.insert(virtual_interfaces).values(
    created_at=given("created_at"),
    address=given("address"),
    network_id=given("network_id"),
    instance_uuid=given("instance_uuid"),
    uuid=given("uuid"),
    tag=given("tag"),
    host_revision=_revision_on("on_host"),
    gateway_revision=_revision_on("on_gateway"),
)
_MOVE = (
    sa.update(virtual_interfaces)
    .where(virtual_interfaces.c.id == given("vif_id"))
    .values(host_revision=_revision_on("on_host"), gateway_revision=_revision_on("on_gateway"))
)
_SET_GATEWAY_REVISION = (
    sa.update(virtual_interfaces)
    .where(virtual_interfaces.c.network_id == given("of_network"))
    .values(gateway_revision=_revision_on("on_gateway"))
)
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
    host: str,
    tag: str | None = None,
) -> tuple[int, str]:
    """Add a virtual interface on ``host`` and return its id and uuid.

    The network's revision on the host must be raised before: the VIF becomes active with it.

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
            "network_uuid": network.uuid,
            "on_host": host,
            "on_gateway": network.host,
        },
    )
    return new_id(done), vif_uuid


def move(connection: Connection, vif_id: int, network: Network, host: str) -> None:
    """Record that a VIF is on ``host`` as of the network's current revisions."""
    connection.execute(
        _MOVE,
        {
            "vif_id": vif_id,
            "network_uuid": network.uuid,
            "on_host": host,
            "on_gateway": network.host,
        },
    )


def set_gateway_revision(connection: Connection, network: Network) -> None:
    """Record that the gateway serves a network's VIFs as of its current revision there."""
    connection.execute(
        _SET_GATEWAY_REVISION,
        {"of_network": network.id, "network_uuid": network.uuid, "on_gateway": network.host},
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
