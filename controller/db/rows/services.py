"""Rows of ``services``: the programs on each host, and the time of their last heartbeats."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cloudnet.common.topics import AGENT_TOPIC
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows, read_scalars
from cloudnet.controller.db.tables import services
from cloudnet.controller.model.records import Service

AGENT = "cloudnet-agent"


def list_services(connection: Connection) -> list[Service]:
    """Return all services in the order of hosts and programs."""
    rows = read_rows(
        connection,
        sa.select(
            services.c.host,
            services.c.binary,
            services.c.disabled,
            services.c.last_seen_up,
            services.c.disabled_reason,
        ).order_by(services.c.host, services.c.binary),
    )
    return [Service(*row) for row in rows]


def get_last_seen(connection: Connection, host: str) -> datetime | None:
    """Return when a host's agent last reported; None: never."""
    seen = read_scalars(
        connection,
        sa.select(services.c.last_seen_up).where(
            services.c.host == host, services.c.binary == AGENT
        ),
    )
    return seen[0] if seen else None


def get_disabled_reason(connection: Connection, host: str) -> str | None:
    """Return why an operator has disabled a host; None: it is enabled."""
    row = connection.execute(
        sa.select(services.c.disabled_reason).where(
            services.c.host == host, services.c.binary == AGENT, services.c.disabled
        )
    ).first()
    return None if row is None else row.disabled_reason or "no reason given"


def set_disabled(connection: Connection, host: str, reason: str | None, now: datetime) -> None:
    """Disable the agent's service on a host for a reason, or enable it (None).

    A host that has never reported has a row without a time only while it is disabled.
    """
    values = {"disabled": reason is not None, "disabled_reason": reason, "updated_at": now}
    is_agents = sa.and_(services.c.host == host, services.c.binary == AGENT)
    done = connection.execute(sa.update(services).where(is_agents).values(**values))
    if reason is None:
        connection.execute(sa.delete(services).where(is_agents, services.c.last_seen_up.is_(None)))
    elif not done.rowcount:
        _insert(connection, host, AGENT, AGENT_TOPIC, values | {"created_at": now})


def delete_host(connection: Connection, host: str) -> None:
    """Delete the row of a host's agent."""
    connection.execute(
        sa.delete(services).where(services.c.host == host, services.c.binary == AGENT)
    )


def list_agent_hosts(connection: Connection) -> list[str]:
    """Return the hosts whose agents have ever reported."""
    return list(
        connection.scalars(
            sa.select(services.c.host)
            .where(services.c.binary == AGENT, services.c.last_seen_up.is_not(None))
            .order_by(services.c.host)
        )
    )


def list_last_seen(connection: Connection) -> dict[str, datetime]:
    """Return when the agent of each host last reported; hosts that never did are left out."""
    rows = read_rows(
        connection,
        sa.select(services.c.host, services.c.last_seen_up).where(
            services.c.binary == AGENT, services.c.last_seen_up.is_not(None)
        ),
    )
    return {row.host: row.last_seen_up for row in rows}


def record_seen(connection: Connection, seen: Mapping[str, datetime]) -> None:
    """Record when agents last reported, unless a later time is recorded."""
    connection.execute(
        sa.update(services)
        .where(
            services.c.host == sa.bindparam("on_host"),
            services.c.binary == AGENT,
            services.c.last_seen_up < sa.bindparam("at"),
        )
        .values(last_seen_up=sa.bindparam("at")),
        [{"on_host": host, "at": seen[host]} for host in sorted(seen)],
    )


def record_heartbeat(
    connection: Connection, host: str, binary: str, topic: str, now: datetime
) -> None:
    """Record a heartbeat of a program on a host."""
    done = connection.execute(
        sa.update(services)
        .where(services.c.host == host, services.c.binary == binary)
        .values(report_count=services.c.report_count + 1, last_seen_up=now, updated_at=now)
    )
    if not done.rowcount:
        values = {"created_at": now, "report_count": 1, "last_seen_up": now}
        _insert(connection, host, binary, topic, values)


def _insert(
    connection: Connection,
    host: str,
    binary: str,
    topic: str,
    values: Mapping[str, Any],  # Any: of several columns
) -> None:
    row = {"uuid": str(uuid.uuid4()), "host": host, "binary": binary, "topic": topic}
    connection.execute(sa.insert(services), row | dict(values))
