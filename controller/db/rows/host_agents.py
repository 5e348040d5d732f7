"""Rows of ``host_agents``: the agent that reports for each host, and whether it is held."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.rows.services import list_last_seen
from cloudnet.controller.db.tables import host_agents
from cloudnet.controller.model.records import HostAgent

NEVER = 0  # the generation since which a host has reported, if it is waited for and has not

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


def list_unchecked(connection: Connection, generation: int) -> list[str]:
    """Return the hosts that have not reported since a generation of the database.

    They are those that have ever reported, and those that are waited for by name.
    """
    rows = connection.execute(
        sa.select(host_agents.c.host, host_agents.c.checked_generation).where(
            host_agents.c.checked_generation.is_not(None)
        )
    )
    checked = {row.host: row.checked_generation for row in rows}
    hosts = {*checked, *list_last_seen(connection)}
    return sorted(host for host in hosts if checked.get(host, NEVER) < generation)


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
