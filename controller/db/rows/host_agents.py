"""Rows of ``host_agents``: the agent that reports for each host, and whether it is held."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import host_agents, services
from cloudnet.controller.model.records import HostAgent

_COLUMNS = (
    host_agents.c.host,
    host_agents.c.agent,
    host_agents.c.my_ip,
    host_agents.c.boot_id,
    host_agents.c.held,
    host_agents.c.accepted,
    host_agents.c.refused,
    host_agents.c.refused_at,
)


def get(connection: Connection, host: str) -> HostAgent:
    """Return the row of a host; an empty one if the host has none."""
    rows = read_rows(connection, sa.select(*_COLUMNS).where(host_agents.c.host == host))
    return HostAgent(*rows[0]) if rows else HostAgent(host)


def get_digest(connection: Connection, host: str) -> str | None:
    """Return the digest of a host's last report; None: the next one must be complete."""
    digest: str | None = connection.scalar(
        sa.select(host_agents.c.report_digest).where(host_agents.c.host == host)
    )
    return digest


def list_by_host(connection: Connection) -> dict[str, HostAgent]:
    """Return the rows of all hosts."""
    rows = read_rows(connection, sa.select(*_COLUMNS).order_by(host_agents.c.host))
    return {row.host: HostAgent(*row) for row in rows}


def list_unchecked(connection: Connection, generation: int) -> dict[str, datetime | None]:
    """Return the hosts that have not reported since a generation, with their last reports."""
    rows = connection.execute(
        sa.select(services.c.host, services.c.last_seen_up)
        .outerjoin(host_agents, host_agents.c.host == services.c.host)
        .where(
            services.c.binary == "cloudnet-agent",
            sa.func.coalesce(host_agents.c.checked_generation, 0) < generation,
        )
        .order_by(services.c.host)
    )
    return {row.host: row.last_seen_up for row in rows}


def delete(connection: Connection, host: str) -> None:
    """Delete the row of a host."""
    connection.execute(sa.delete(host_agents).where(host_agents.c.host == host))


def update(connection: Connection, host: str, **values: Any) -> None:  # Any: of several columns
    """Set columns of a host's row; add the row if there is none."""
    done = connection.execute(
        sa.update(host_agents).where(host_agents.c.host == host).values(**values)
    )
    if not done.rowcount:
        connection.execute(sa.insert(host_agents), {"host": host, **values})
