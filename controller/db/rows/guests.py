"""Guests: instances, their virtual interfaces and their addresses, joined."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.hints import unindexed
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import fixed_ips, instances, networks, virtual_interfaces
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
    .select_from(instances)
    .join(virtual_interfaces, virtual_interfaces.c.instance_uuid == instances.c.uuid)
    .join(fixed_ips, fixed_ips.c.virtual_interface_id == virtual_interfaces.c.id)
    # Not `= true`: SQLite would prefer the index of all allocated addresses to one that finds the
    # addresses of a network or of an instance.
    .where(fixed_ips.c.allocated != sa.false())
)
_FOR_INSTANCE = _GUEST.where(fixed_ips.c.instance_uuid == given("instance")).order_by(
    virtual_interfaces.c.id, fixed_ips.c.id
)
_FOR_NETWORK = _GUEST.where(fixed_ips.c.network_id == given("network"))
# From the host's instances outward: a host has some hundreds of guests, a network may have a
# hundred thousand.
_ON_HOST = _GUEST.where(
    instances.c.host == given("on_host"),
    unindexed(virtual_interfaces.c.network_id) == given("network"),
)
_ALL_ON_HOST = _GUEST.where(instances.c.host == given("on_host")).order_by(fixed_ips.c.address)
_BY_FIXED_IP = _GUEST.where(fixed_ips.c.id == given("fixed_ip"))
_BY_ADDRESS = _GUEST.where(fixed_ips.c.address == given("address")).with_for_update()


def list_for_instance(connection: Connection, instance_uuid: str) -> list[Guest]:
    """Return an instance's addresses with their VIFs, the oldest VIF and address first."""
    return [Guest(*row) for row in connection.execute(_FOR_INSTANCE, {"instance": instance_uuid})]


def list_hosts_of_instance(connection: Connection, instance_uuid: str) -> list[str]:
    """Return the host of an instance, and those that are the gateways of its networks."""
    guests = list_for_instance(connection, instance_uuid)
    ids = [guest.network_id for guest in guests]
    gateways = connection.scalars(
        sa.select(networks.c.host).where(networks.c.id.in_(ids), ~networks.c.multi_host)
    )
    hosts = [*(guest.host for guest in guests), *(host for host in gateways if host is not None)]
    return list(dict.fromkeys(hosts))


def list_for_network(connection: Connection, network_id: int) -> list[Guest]:
    """Return the guests of a network on all hosts."""
    return [Guest(*row) for row in read_rows(connection, _FOR_NETWORK, {"network": network_id})]


def list_all(
    connection: Connection, host: str | None = None, project: str | None = None
) -> list[Guest]:
    """Return the guests of all networks (on a host, of a project if given), by instance."""
    statement = _GUEST.order_by(instances.c.created_at, instances.c.uuid, virtual_interfaces.c.id)
    if host is not None:
        statement = statement.where(instances.c.host == host)
    if project is not None:
        statement = statement.where(instances.c.project_id == project)
    return [Guest(*row) for row in connection.execute(statement)]


def list_on_host(connection: Connection, host: str, network_id: int) -> list[Guest]:
    """Return the guests of a network that run on a host."""
    rows = read_rows(connection, _ON_HOST, {"on_host": host, "network": network_id})
    return [Guest(*row) for row in rows]


def list_with_addresses(
    connection: Connection, network_id: int, addresses: Collection[IPv4Address]
) -> list[Guest]:
    """Return the guests of a network that have these addresses."""
    statement = _GUEST.where(
        fixed_ips.c.address.in_(addresses), unindexed(fixed_ips.c.network_id) == network_id
    )
    return [Guest(*row) for row in read_rows(connection, statement)]


def has_other_guests(
    connection: Connection,
    network_id: int,
    host: str | None,
    addresses: Collection[IPv4Address],
) -> bool:
    """Whether a network has a guest (on a host if given) with another address than these."""
    parameters: dict[str, str | int] = {"network": network_id}
    statement = _FOR_NETWORK
    if host is not None:
        parameters["on_host"], statement = host, _ON_HOST
    others = statement.where(fixed_ips.c.address.not_in(addresses)).limit(1)
    return connection.execute(others, parameters).first() is not None


def list_all_on_host(connection: Connection, host: str) -> list[Guest]:
    """Return the guests of all networks that run on a host."""
    return [Guest(*row) for row in read_rows(connection, _ALL_ON_HOST, {"on_host": host})]


def lock_by_address(connection: Connection, address: IPv4Address) -> Guest | None:
    """Return the guest that has a fixed address, and keep it until the transaction ends."""
    row = connection.execute(_BY_ADDRESS, {"address": address}).first()
    return None if row is None else Guest(*row)


def get_by_fixed_ip(connection: Connection, fixed_ip_id: int) -> Guest | None:
    """Return the guest that has a fixed IP."""
    row = connection.execute(_BY_FIXED_IP, {"fixed_ip": fixed_ip_id}).first()
    return None if row is None else Guest(*row)


def has_guests(connection: Connection, network_id: int) -> bool:
    """Whether a network has a guest on any host."""
    row = connection.execute(_FOR_NETWORK.limit(1), {"network": network_id}).first()
    return row is not None
