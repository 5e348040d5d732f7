"""Rows of ``recovered_guests``: guests that hosts serve and a restored database does not have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import IPv4Address

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import recovered_guests, recovered_networks
from cloudnet.controller.model.records import RecoveredGuest

_ROW = sa.select(
    recovered_guests.c.host,
    recovered_guests.c.address,
    recovered_guests.c.network_uuid,
    recovered_guests.c.mac,
    recovered_guests.c.instance_uuid,
    recovered_guests.c.hostname,
)
_ON_HOST = _ROW.where(
    recovered_guests.c.host == given("on_host"),
    recovered_guests.c.network_uuid == given("of_network"),
).order_by(recovered_guests.c.address)


def list_all(connection: Connection) -> list[RecoveredGuest]:
    """Return the recovered guests of all hosts."""
    rows = read_rows(connection, _ROW.order_by(recovered_guests.c.host, recovered_guests.c.address))
    return [RecoveredGuest(*row) for row in rows]


def list_on_host(connection: Connection, host: str, network_uuid: str) -> list[RecoveredGuest]:
    """Return the recovered guests of a network on a host."""
    rows = read_rows(connection, _ON_HOST, {"on_host": host, "of_network": network_uuid})
    return [RecoveredGuest(*row) for row in rows]


def list_for_address(connection: Connection, address: IPv4Address) -> list[RecoveredGuest]:
    """Return the recovered guest with an address, once for each host that serves it."""
    rows = connection.execute(_ROW.where(recovered_guests.c.address == address))
    return [RecoveredGuest(*row) for row in rows]


def add(connection: Connection, guests: Sequence[RecoveredGuest], now: datetime) -> None:
    """Add rows."""
    connection.execute(
        sa.insert(recovered_guests), [vars(guest) | {"since": now} for guest in guests]
    )


def delete_address(connection: Connection, address: IPv4Address) -> None:
    """Delete the rows of an address."""
    connection.execute(sa.delete(recovered_guests).where(recovered_guests.c.address == address))


def add_network(connection: Connection, host: str, network_uuid: str) -> None:
    """Record that a host has a network, unless that is recorded."""
    if not has_network(connection, host, network_uuid):
        row = {"host": host, "network_uuid": network_uuid}
        connection.execute(sa.insert(recovered_networks), row)


def delete_networks_of_host(connection: Connection, host: str) -> None:
    """Delete the rows of the networks that a host has and the database lacks there."""
    connection.execute(sa.delete(recovered_networks).where(recovered_networks.c.host == host))


def has_network(connection: Connection, host: str, network_uuid: str) -> bool:
    """Return whether a host keeps a network, since the database lacks its guests there."""
    row = connection.execute(
        sa.select(recovered_networks.c.host).where(
            recovered_networks.c.host == host, recovered_networks.c.network_uuid == network_uuid
        )
    ).first()
    return row is not None


def delete_network_without_guests(connection: Connection, network_uuid: str) -> list[str]:
    """Delete the rows of a network that has no recovered guest left; return their hosts."""
    guests = recovered_guests.c.network_uuid == network_uuid
    if connection.execute(sa.select(recovered_guests.c.host).where(guests).limit(1)).first():
        return []
    of_network = recovered_networks.c.network_uuid == network_uuid
    hosts = connection.scalars(sa.select(recovered_networks.c.host).where(of_network)).all()
    connection.execute(sa.delete(recovered_networks).where(of_network))
    return list(hosts)
