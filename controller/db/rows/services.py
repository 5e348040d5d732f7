"""Rows of ``services``, read with what their hosts have reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import host_networks, host_problems, networks, services


@dataclass(frozen=True)
class Service:
    """A row of ``services``."""

    host: str
    binary: str
    disabled: bool
    last_seen_up: datetime | None


@dataclass(frozen=True)
class NetworkSync:
    """How a network stands on a host."""

    network_uuid: str
    label: str | None  # None: the network is deleted, the host still has to clean up
    revision: int
    applied_revision: int | None  # None: none yet

    @property
    def is_behind(self) -> bool:
        """Whether the host has not yet reported what it should have."""
        return self.applied_revision is None or self.applied_revision < self.revision


def list_services(connection: Connection) -> list[Service]:
    """Return all services, by host and program."""
    rows = connection.execute(
        sa.select(
            services.c.host, services.c.binary, services.c.disabled, services.c.last_seen_up
        ).order_by(services.c.host, services.c.binary)
    )
    return [Service(*row) for row in rows]


def list_network_sync(connection: Connection) -> dict[str, list[NetworkSync]]:
    """Return how networks stand on each host that has any."""
    rows = connection.execute(
        sa.select(
            host_networks.c.host,
            host_networks.c.network_uuid,
            networks.c.label,
            host_networks.c.revision,
            host_networks.c.applied_revision,
        )
        .outerjoin(networks, networks.c.id == host_networks.c.network_id)
        .order_by(host_networks.c.host, host_networks.c.network_uuid)
    )
    found: dict[str, list[NetworkSync]] = {}
    for host, *standing in rows:
        found.setdefault(host, []).append(NetworkSync(*standing))
    return found


def list_faults(connection: Connection) -> dict[str, list[tuple[str, datetime]]]:
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
