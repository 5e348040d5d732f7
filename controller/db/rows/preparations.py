"""Rows of ``prepared_networks``: networks that a host shall have before a guest of them arrives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import prepared_networks

NO_INSTANCE = ""  # a host is prepared for whatever comes

Place = tuple[str, int]  # a host and the number of a network


def add(connection: Connection, host: str, network_id: int, instance: str, now: datetime) -> bool:
    """Prepare a network on a host; return False if it is prepared already."""
    row: dict[str, str | int] = {"host": host, "network_id": network_id, "instance_uuid": instance}
    is_same = [prepared_networks.c[name] == value for name, value in row.items()]
    found = connection.execute(sa.select(prepared_networks).where(*is_same)).first()
    if found is None:
        connection.execute(sa.insert(prepared_networks), {**row, "created_at": now})
    return found is None


def remove(connection: Connection, host: str, network_ids: Iterable[int], instance: str) -> None:
    """Prepare networks no longer on a host for an instance."""
    connection.execute(
        sa.delete(prepared_networks).where(
            prepared_networks.c.host == host,
            prepared_networks.c.network_id.in_(list(network_ids)),
            prepared_networks.c.instance_uuid == instance,
        )
    )


def list_for_instance(
    connection: Connection, instance: str, host: str | None = None
) -> list[Place]:
    """Return where networks are prepared for an instance (on a host if given)."""
    statement = sa.select(prepared_networks.c.host, prepared_networks.c.network_id).where(
        prepared_networks.c.instance_uuid == instance
    )
    if host is not None:
        statement = statement.where(prepared_networks.c.host == host)
    return [(name, number) for name, number in connection.execute(statement)]


def has(connection: Connection, host: str, network_id: int) -> bool:
    """Whether a network is prepared on a host."""
    statement = sa.select(prepared_networks.c.host).where(
        prepared_networks.c.host == host, prepared_networks.c.network_id == network_id
    )
    return connection.execute(statement.limit(1)).first() is not None


def delete_host(connection: Connection, host: str) -> None:
    """Delete all rows of a host."""
    connection.execute(sa.delete(prepared_networks).where(prepared_networks.c.host == host))
