"""Rows of ``virtual_interfaces``, and which of them are active."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection, new_id
from cloudnet.controller.db.tables import host_networks, instances, networks, virtual_interfaces
from cloudnet.controller.model.records import Network


def _revision_on(host: str) -> sa.ScalarSelect[int]:
    """The revision that a network has on the host that the parameter names."""
    return (
        sa.select(host_networks.c.revision)
        .where(
            host_networks.c.network_uuid == given("network_uuid"),
            host_networks.c.host == given(host),
        )
        .scalar_subquery()
    )


_ADD_VIF = sa.insert(virtual_interfaces).values(
    created_at=given("created_at"),
    address=given("address"),
    network_id=given("network_id"),
    instance_uuid=given("instance_uuid"),
    uuid=given("uuid"),
    host_revision=_revision_on("on_host"),
    gateway_revision=_revision_on("on_gateway"),
)
_PLUG_ELSEWHERE = (
    sa.update(virtual_interfaces)
    .where(virtual_interfaces.c.id == given("vif_id"))
    .values(host_revision=_revision_on("on_host"), gateway_revision=_revision_on("on_gateway"))
)
_SERVE_FROM = (
    sa.update(virtual_interfaces)
    .where(virtual_interfaces.c.network_id == given("of_network"))
    .values(gateway_revision=_revision_on("on_gateway"))
)
_on_host, _on_gateway = host_networks.alias(), host_networks.alias()
_WIRED = (
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
        virtual_interfaces.c.instance_uuid == given("instance"),
        _on_host.c.applied_revision >= virtual_interfaces.c.host_revision,
        sa.or_(
            networks.c.multi_host,
            _on_gateway.c.applied_revision >= virtual_interfaces.c.gateway_revision,
        ),
    )
)


def add(
    connection: Connection,
    instance_uuid: str,
    network: Network,
    mac: str,
    now: datetime,
    *,
    host: str,
) -> tuple[int, str]:
    """Add a virtual interface on ``host``, whose picture has been touched; return its id and uuid.

    :raises Conflict: on ``virtual_interfaces.address`` if another interface has the MAC
    """
    name = str(uuid.uuid4())
    done = connection.execute(
        _ADD_VIF,
        {
            "created_at": now,
            "address": mac,
            "network_id": network.id,
            "instance_uuid": instance_uuid,
            "uuid": name,
            "network_uuid": network.uuid,
            "on_host": host,
            "on_gateway": network.host,
        },
    )
    return new_id(done), name


def move(connection: Connection, vif_id: int, network: Network, host: str) -> None:
    """Note that a VIF is on ``host`` from the revisions on that its network has now."""
    connection.execute(
        _PLUG_ELSEWHERE,
        {
            "vif_id": vif_id,
            "network_uuid": network.uuid,
            "on_host": host,
            "on_gateway": network.host,
        },
    )


def set_gateway_revision(connection: Connection, network: Network) -> None:
    """Note that a network's guests have its gateway from the revision on that it has now there."""
    connection.execute(
        _SERVE_FROM,
        {"of_network": network.id, "network_uuid": network.uuid, "on_gateway": network.host},
    )


def delete(connection: Connection, vif_ids: Iterable[int]) -> None:
    """Remove virtual interfaces."""
    connection.execute(
        sa.delete(virtual_interfaces).where(virtual_interfaces.c.id.in_(list(vif_ids)))
    )


def list_active_ids(connection: Connection, instance_uuid: str) -> set[int]:
    """Return the ids of the instance's VIFs that stand on all hosts that serve them."""
    return set(connection.scalars(_WIRED, {"instance": instance_uuid}))
