"""Rows of ``host_problems``: the faults in each host's last report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from cloudnet.common.wire.objects import Fault
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import host_problems


def list_for_host(connection: Connection, host: str) -> list[Fault]:
    """Return the faults in a host's last report."""
    rows = connection.execute(
        sa.select(host_problems.c.network_uuid, host_problems.c.message)
        .where(host_problems.c.host == host)
        .order_by(host_problems.c.id)
    )
    return [Fault(*row) for row in rows]


def list_by_host(connection: Connection) -> dict[str, list[tuple[str, datetime]]]:
    """Return by host the text of each fault, and when it was first reported."""
    rows = read_rows(
        connection,
        sa.select(host_problems.c.host, host_problems.c.message, host_problems.c.since).order_by(
            host_problems.c.id
        ),
    )
    by_host: dict[str, list[tuple[str, datetime]]] = {}
    for host, message, since in rows:
        by_host.setdefault(host, []).append((message, since))
    return by_host


def replace(connection: Connection, host: str, faults: Sequence[Fault], now: datetime) -> None:
    """Replace the faults of a host; one that it still reports keeps its ``since``."""
    of_host = host_problems.c.host == host
    known = sa.select(
        host_problems.c.network_uuid, host_problems.c.message, host_problems.c.since
    ).where(of_host)
    since = {Fault(uuid, text): moment for uuid, text, moment in read_rows(connection, known)}
    connection.execute(sa.delete(host_problems).where(of_host))
    if faults:
        connection.execute(
            sa.insert(host_problems),
            [
                {
                    "host": host,
                    "network_uuid": fault.network,
                    "message": fault.message,
                    "since": since.get(fault, now),
                }
                for fault in faults
            ],
        )
