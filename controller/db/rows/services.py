"""Rows of ``services``: the programs on each host, and the time of their last heartbeats."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import services
from cloudnet.controller.model.records import Service


def list_services(connection: Connection) -> list[Service]:
    """Return all services in the order of hosts and programs."""
    rows = connection.execute(
        sa.select(
            services.c.host, services.c.binary, services.c.disabled, services.c.last_seen_up
        ).order_by(services.c.host, services.c.binary)
    )
    return [Service(*row) for row in rows]


def get_last_seen(connection: Connection, host: str) -> datetime | None:
    """Return when a host's agent last reported; None: never."""
    seen: datetime | None = connection.scalar(
        sa.select(services.c.last_seen_up).where(
            services.c.host == host, services.c.binary == "cloudnet-agent"
        )
    )
    return seen


def list_agent_hosts(connection: Connection) -> list[str]:
    """Return the hosts whose agents have ever reported."""
    return list(
        connection.scalars(
            sa.select(services.c.host)
            .where(services.c.binary == "cloudnet-agent")
            .order_by(services.c.host)
        )
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
        connection.execute(
            sa.insert(services),
            {
                "created_at": now,
                "uuid": str(uuid.uuid4()),
                "host": host,
                "binary": binary,
                "topic": topic,
                "report_count": 1,
                "last_seen_up": now,
            },
        )
