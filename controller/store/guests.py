"""Rows of ``instances`` and ``virtual_interfaces``, and guests: the two joined with an address."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.database import Connection, new_id
from cloudnet.controller.records import Guest, Instance
from cloudnet.controller.tables import fixed_ips, instances, virtual_interfaces

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
_ADD_VIF = sa.insert(virtual_interfaces)


def instance(connection: Connection, uuid_: str) -> Instance | None:
    """Return what is known of an instance."""
    row = connection.execute(_INSTANCE, {"instance": uuid_}).first()
    return None if row is None else Instance(*row)


def remember(connection: Connection, instance: Instance, now: datetime) -> None:
    """Add an instance."""
    connection.execute(_ADD_INSTANCE, vars(instance) | {"created_at": now})


def change(connection: Connection, instance: Instance, now: datetime) -> None:
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


def forget(connection: Connection, uuids: Iterable[str]) -> None:
    """Remove those of the instances that nothing refers to any more."""
    connection.execute(
        sa.delete(instances).where(
            instances.c.uuid.in_(list(uuids)),
            ~sa.exists().where(fixed_ips.c.instance_uuid == instances.c.uuid),
            ~sa.exists().where(virtual_interfaces.c.instance_uuid == instances.c.uuid),
        )
    )


def add_vif(
    connection: Connection, instance_uuid: str, network_id: int, mac: str, now: datetime
) -> tuple[int, str]:
    """Add a virtual interface and return its id and uuid.

    The MAC's being taken is an IntegrityError that names the column.
    """
    name = str(uuid.uuid4())
    done = connection.execute(
        _ADD_VIF,
        {
            "created_at": now,
            "address": mac,
            "network_id": network_id,
            "instance_uuid": instance_uuid,
            "uuid": name,
        },
    )
    return new_id(done), name


def remove_vifs(connection: Connection, vif_ids: Iterable[int]) -> None:
    """Remove virtual interfaces."""
    connection.execute(
        sa.delete(virtual_interfaces).where(virtual_interfaces.c.id.in_(list(vif_ids)))
    )


def of_instance(connection: Connection, instance_uuid: str) -> list[Guest]:
    """Return the instance's VIFs with their addresses, the oldest VIF first."""
    return [Guest(*row) for row in connection.execute(_OF_INSTANCE, {"instance": instance_uuid})]


def on_network(connection: Connection, network_id: int, host: str | None = None) -> list[Guest]:
    """Return the guests of a network (those on ``host`` if given) by address."""
    statement = _ON_NETWORK if host is None else _ON_NETWORK_AND_HOST
    given_values = {"network_id": network_id} | ({} if host is None else {"on_host": host})
    return [Guest(*row) for row in connection.execute(statement, given_values)]


def by_address(connection: Connection, address: object) -> Guest | None:
    """Return the guest that holds a fixed address."""
    row = connection.execute(_GUEST.where(fixed_ips.c.address == address)).first()
    return None if row is None else Guest(*row)


def by_fixed_ip(connection: Connection, fixed_ip_id: int) -> Guest | None:
    """Return the guest that holds a fixed IP."""
    row = connection.execute(_GUEST.where(fixed_ips.c.id == fixed_ip_id)).first()
    return None if row is None else Guest(*row)


def any_on(connection: Connection, network_id: int, host: str | None = None) -> bool:
    """Say whether a network has a guest (on ``host`` if given)."""
    statement = _GUEST.where(virtual_interfaces.c.network_id == network_id)
    if host is not None:
        statement = statement.where(instances.c.host == host)
    return connection.execute(statement.limit(1)).first() is not None
