"""Guests: instances, their virtual interfaces and their addresses, joined."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import (
    fixed_ips,
    instances,
    virtual_interfaces,
)
from cloudnet.controller.model.records import Guest

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


def list_for_instance(connection: Connection, instance_uuid: str) -> list[Guest]:
    """Return the instance's VIFs with their addresses, the oldest VIF first."""
    return [Guest(*row) for row in connection.execute(_OF_INSTANCE, {"instance": instance_uuid})]


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
