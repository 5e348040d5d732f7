"""Which hosts are known: those that have reported, and those that something names."""

from __future__ import annotations

from collections.abc import Sequence

from cloudnet.common.errors import HostNotFound
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import services as service_rows

MOST_NAMES = 10  # of hosts, in one line


def list_known_hosts(connection: Connection) -> set[str]:
    """Return the hosts of which ``host list`` shows an agent."""
    listed = service_rows.list_services(connection)
    agents = {service.host for service in listed if service.binary == service_rows.AGENT}
    return agents | host_network_rows.list_expected_hosts(connection)


def require_known(connection: Connection, host: str) -> None:
    """Check that a host is known.

    :raises HostNotFound: it has never reported, and nothing names it
    """
    if host not in list_known_hosts(connection):
        raise HostNotFound(explain_unreported(connection, host)[host])


def explain_unreported(connection: Connection, *hosts: str) -> dict[str, str]:
    """Return a line for each of these hosts that has never reported."""
    reported = service_rows.list_agent_hosts(connection)
    return {
        host: f"host {host} has never reported; known: {_format_names(reported)}; see whether its "
        "agent runs under this name ([DEFAULT] host)"
        for host in hosts
        if host not in reported
    }


def _format_names(hosts: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(hosts) - MOST_NAMES
    return ", ".join(hosts[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "") or "none"
