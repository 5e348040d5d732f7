"""Rows of ``instances`` and ``virtual_interfaces``, and guests: the two joined with an address."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection, new_id
from cloudnet.controller.db.tables import (
    fixed_ips,
    host_networks,
    instances,
    networks,
    virtual_interfaces,
)
from cloudnet.controller.model.records import Guest, Instance, Network

_INSTANCE = sa.select(
    instances.c.uuid, instances.c.project_id, instances.c.host, instances.c.hostname
).where(instances.c.uuid == given("instance"))

_GUEST = (
    sa.select(
        virtual_interfaces.c.id,
        virtual_interfaces.c.uuid,
        virtual_interfaces.c.address,
        virtual_interfaces.c.network_id,
        fixed_ips.c.id,
        fixed_ips.c.address,
        fixed_ips.c.position,
        instances.c.uuid,
        instances.c.project_id,
        instances.c.host,
        instances.c.hostname,
    )
    .join(fixed_ips, fixed_ips.c.virtual_interface_id == virtual_interfaces.c.id)
    .join(instances, instances.c.uuid == virtual_interfaces.c.instance_uuid)
    # Not `= true`, for which SQLite would take the index over all allocated addresses before one
    # that finds a network's or an instance's own.
    .where(fixed_ips.c.allocated != sa.false())
)
_OF_INSTANCE = _GUEST.where(fixed_ips.c.instance_uuid == given("instance")).order_by(
    virtual_interfaces.c.id
)
_ON_NETWORK = _GUEST.where(fixed_ips.c.network_id == given("network_id")).order_by(
    fixed_ips.c.position
)

_ON_NETWORK_AND_HOST = _ON_NETWORK.where(instances.c.host == given("on_host"))

_ADD_INSTANCE = sa.insert(instances)


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


def get_instance(connection: Connection, uuid_: str) -> Instance | None:
    """Return what is known of an instance."""
    row = connection.execute(_INSTANCE, {"instance": uuid_}).first()
    return None if row is None else Instance(*row)


def add_instance(connection: Connection, instance: Instance, now: datetime) -> None:
    """Add an instance."""
    connection.execute(_ADD_INSTANCE, vars(instance) | {"created_at": now})


def update_instance(connection: Connection, instance: Instance, now: datetime) -> None:
    """Write down where an instance is now, and whose."""
    connection.execute(
        sa.update(instances)
        .where(instances.c.uuid == instance.uuid)
        .values(
            project_id=instance.project_id,
            host=instance.host,
            hostname=instance.hostname,
            updated_at=now,
        )
    )


def delete_unused_instances(connection: Connection, uuids: Iterable[str | None]) -> None:
    """Remove those of the instances that nothing refers to any more."""
    connection.execute(
        sa.delete(instances).where(
            instances.c.uuid.in_([uuid for uuid in uuids if uuid is not None]),
            ~sa.exists().where(fixed_ips.c.instance_uuid == instances.c.uuid),
            ~sa.exists().where(virtual_interfaces.c.instance_uuid == instances.c.uuid),
        )
    )


def add_vif(
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


def move_vif(connection: Connection, vif_id: int, network: Network, host: str) -> None:
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


def delete_vifs(connection: Connection, vif_ids: Iterable[int]) -> None:
    """Remove virtual interfaces."""
    connection.execute(
        sa.delete(virtual_interfaces).where(virtual_interfaces.c.id.in_(list(vif_ids)))
    )


def list_for_instance(connection: Connection, instance_uuid: str) -> list[Guest]:
    """Return the instance's VIFs with their addresses, the oldest VIF first."""
    return [Guest(*row) for row in connection.execute(_OF_INSTANCE, {"instance": instance_uuid})]


def list_active_vif_ids(connection: Connection, instance_uuid: str) -> set[int]:
    """Return the ids of the instance's VIFs that stand on all hosts that serve them."""
    return set(connection.scalars(_WIRED, {"instance": instance_uuid}))


def list_for_network(
    connection: Connection, network_id: int, host: str | None = None
) -> list[Guest]:
    """Return the guests of a network (those on ``host`` if given) by address."""
    statement = _ON_NETWORK if host is None else _ON_NETWORK_AND_HOST
    given_values = {"network_id": network_id} | ({} if host is None else {"on_host": host})
    return [Guest(*row) for row in connection.execute(statement, given_values)]


def lock_by_address(connection: Connection, address: object) -> Guest | None:
    """Return the guest that holds a fixed address; it holds it until the transaction ends."""
    statement = _GUEST.where(fixed_ips.c.address == address).with_for_update()
    row = connection.execute(statement).first()
    return None if row is None else Guest(*row)


def get_by_fixed_ip(connection: Connection, fixed_ip_id: int) -> Guest | None:
    """Return the guest that holds a fixed IP."""
    row = connection.execute(_GUEST.where(fixed_ips.c.id == fixed_ip_id)).first()
    return None if row is None else Guest(*row)


def has_guests(connection: Connection, network_id: int, host: str | None = None) -> bool:
    """Say whether a network has a guest (on ``host`` if given)."""
    statement = _GUEST.where(virtual_interfaces.c.network_id == network_id)
    if host is not None:
        statement = statement.where(instances.c.host == host)
    return connection.execute(statement.limit(1)).first() is not None
