"""After a restore no address is allocated before the hosts have reported which ones they use.

A host that the copy knows is waited for by name. One that is newer than the copy cannot be: no
address is allocated for a short time at least, in which such a host reports, too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloudnet.common.errors import DatabaseRestored
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import host_agents as host_agent_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model.records import RestoreCheck

LOG = logging.getLogger(__name__)

REPORTS = 2  # of a host that the copy does not know, before addresses are allocated again


@dataclass(frozen=True)
class Periods:
    """How long hosts may be silent, and how long newer ones are waited for."""

    down: timedelta  # a host that has not reported for so long is down
    newer: timedelta

    @classmethod
    def of(cls, down_seconds: int, report_seconds: int) -> Periods:
        """Return the periods that belong to an interval of reports."""
        return cls(timedelta(seconds=down_seconds), REPORTS * timedelta(seconds=report_seconds))


def begin_check(
    connection: Connection, now: datetime, periods: Periods, wait: timedelta
) -> list[str]:
    """Wait for the reports of hosts, and return which.

    They are those that were up when the others last reported, and those that something names.
    """
    until = now + wait
    check = cloud_rows.begin_check(connection, until, min(now + periods.newer, until))
    seen = service_rows.list_last_seen(connection)
    newest = max(seen.values(), default=now)
    named = host_network_rows.list_named_hosts(connection)
    # Hosts that are named from now on, by the calls that are refused, are not waited for.
    for host in named - seen.keys():
        host_agent_rows.update(connection, host, checked_generation=host_agent_rows.NEVER)
    recent = {host for host, moment in seen.items() if moment >= newest - periods.down}
    for host in host_agent_rows.list_unchecked(connection, check.generation):
        if host not in named | recent:
            host_agent_rows.update(connection, host, checked_generation=check.generation)
    return host_agent_rows.list_unchecked(connection, check.generation)


def continue_check(connection: Connection, now: datetime, periods: Periods) -> None:
    """Let hosts report to a controller that starts, if the database may be a restored copy."""
    check = cloud_rows.get_check(connection)
    if check is not None and now < check.until:
        # No host could report before: newer ones have their time from now on.
        cloud_rows.set_newer_until(connection, min(now + periods.newer, check.until))
    elif _is_restored(connection, now, periods.down):
        _log_check(begin_check(connection, now, periods, periods.down), now + periods.down)


def ensure_check(connection: Connection, now: datetime, periods: Periods) -> None:
    """Wait for the hosts, unless they are waited for already."""
    check = cloud_rows.get_check(connection)
    if check is None or now >= check.until:
        _log_check(begin_check(connection, now, periods, periods.down), now + periods.down)


def _is_restored(connection: Connection, now: datetime, down: timedelta) -> bool:
    """Return whether the database may be a restored copy: no host has reported for long."""
    seen = service_rows.list_last_seen(connection)
    return bool(seen) and max(seen.values()) < now - down


def record_checked(connection: Connection, host: str, now: datetime) -> None:
    """Record that a host has reported all that it has, while hosts are waited for."""
    check = cloud_rows.get_check(connection)
    if check is None:
        return
    host_agent_rows.update(connection, host, checked_generation=check.generation)
    missing = host_agent_rows.list_unchecked(connection, check.generation)
    if _is_over(check, missing, now):
        cloud_rows.end_check(connection)
        LOG.info(
            "addresses are allocated again: %s",
            f"{', '.join(missing)} did not report in time" if missing else "all hosts reported",
        )


def require_checked(connection: Connection, now: datetime) -> None:
    """Check that no host is waited for.

    :raises DatabaseRestored: the addresses that a host uses are not known yet
    """
    check = cloud_rows.get_check(connection)
    if check is None:
        return
    missing = host_agent_rows.list_unchecked(connection, check.generation)
    if _is_over(check, missing, now):
        return
    unknown = "the database was restored from a backup, and which addresses are in use is not known"
    if missing:
        raise DatabaseRestored(
            f"{unknown} before these hosts have reported: {', '.join(missing)}; try again soon, "
            f"at the latest at {_format(check.until)}"
        )
    raise DatabaseRestored(
        f"{unknown} before hosts that are newer than the backup had time to report; try again at "
        f"{_format(check.newer_until or check.until)}"
    )


def _is_over(check: RestoreCheck, missing: Sequence[str], now: datetime) -> bool:
    is_early = check.newer_until is not None and now < check.newer_until
    return now >= check.until or not (missing or is_early)


def _log_check(hosts: Sequence[str], until: datetime) -> None:
    LOG.warning(
        "the database may be a restored copy: no address is allocated before the hosts have "
        "reported which ones they use (%s), at the latest from %s on",
        ", ".join(hosts) or "none is known",
        _format(until),
    )


def _format(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"
