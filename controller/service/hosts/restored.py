"""After a restore no address is allocated before the hosts have reported which ones they use."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from cloudnet.common.errors import DatabaseRestored
from cloudnet.common.limits import REVISION
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import host_agents as host_agent_rows

LOG = logging.getLogger(__name__)


def begin_check(connection: Connection, now: datetime, down: timedelta, wait: timedelta) -> None:
    """Wait for the report of each host that was up when the others last reported."""
    generation = cloud_rows.begin_check(connection, now + wait)
    hosts = host_agent_rows.list_unchecked(connection, generation)
    newest = max((seen for seen in hosts.values() if seen is not None), default=now)
    for host, seen in hosts.items():
        if seen is None or seen < newest - down:
            host_agent_rows.update(connection, host, checked_generation=generation)
    LOG.warning(
        "the database may be a restored copy: no address is allocated before the hosts have "
        "reported which ones they use, or before %s",
        f"{now + wait:%H:%M:%S} UTC",
    )


def ensure_check(connection: Connection, now: datetime, down: timedelta) -> None:
    """Wait for the hosts, unless they are waited for already."""
    if cloud_rows.get_check(connection) is None:
        begin_check(connection, now, down, down)


def is_restored(connection: Connection, now: datetime, down: timedelta) -> bool:
    """Return whether the database may be a restored copy: no host has reported for long."""
    hosts = host_agent_rows.list_unchecked(connection, REVISION.highest)
    seen = [moment for moment in hosts.values() if moment is not None]
    return bool(seen) and max(seen) < now - down


def record_checked(connection: Connection, host: str) -> None:
    """Record that a host has reported all that it has, while hosts are waited for."""
    check = cloud_rows.get_check(connection)
    if check is None:
        return
    generation, _ = check
    host_agent_rows.update(connection, host, checked_generation=generation)
    if not host_agent_rows.list_unchecked(connection, generation):
        cloud_rows.end_check(connection)
        LOG.info("all hosts have reported which addresses they use: allocating again")


def require_checked(connection: Connection, now: datetime) -> None:
    """Check that no host is waited for.

    :raises DatabaseRestored: the addresses that a host uses are not known yet
    """
    check = cloud_rows.get_check(connection)
    if check is None or now >= check[1]:
        return
    missing = host_agent_rows.list_unchecked(connection, check[0])
    if missing:
        raise DatabaseRestored(
            "the database was restored from a backup, and which addresses are in use is not known "
            f"before these hosts have reported: {', '.join(missing)}; try again soon, at the "
            f"latest at {check[1]:%H:%M:%S} UTC"
        )
