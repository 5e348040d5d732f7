"""Rows of ``host_problems``: the faults in each host's last report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from cloudnet.common.wire.objects import Fault
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import host_problems


def list_for_host(connection: Connection, host: str) -> list[Fault]:
    """Return what a host said it could not do."""
    rows = connection.execute(
        sa.select(host_problems.c.network_uuid, host_problems.c.message)
        .where(host_problems.c.host == host)
        .order_by(host_problems.c.id)
    )
    return [Fault(*row) for row in rows]


def list_by_host(connection: Connection) -> dict[str, list[tuple[str, datetime]]]:
    """Return what each host could not do, and since when."""
    rows = connection.execute(
        sa.select(host_problems.c.host, host_problems.c.message, host_problems.c.since).order_by(
            host_problems.c.id
        )
    )
    found: dict[str, list[tuple[str, datetime]]] = {}
    for host, message, since in rows:
        found.setdefault(host, []).append((message, since))
    return found


def replace(connection: Connection, host: str, now_there: Sequence[Fault], now: datetime) -> None:
    """Put a host's new list of problems in the place of the old one; what stays keeps its since."""
    mine = host_problems.c.host == host
    known = sa.select(
        host_problems.c.network_uuid, host_problems.c.message, host_problems.c.since
    ).where(mine)
    since = {Fault(uuid, said): moment for uuid, said, moment in connection.execute(known)}
    connection.execute(sa.delete(host_problems).where(mine))
    if now_there:
        connection.execute(
            sa.insert(host_problems),
            [
                {
                    "host": host,
                    "network_uuid": fault.network,
                    "message": fault.message,
                    "since": since.get(fault, now),
                }
                for fault in now_there
            ],
        )
