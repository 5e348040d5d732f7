"""The operator's look at the whole: hosts and what they lack, floating IPs and whom they serve."""

from __future__ import annotations

from datetime import UTC, timedelta
from ipaddress import IPv4Address
from typing import Any

from cloudnet.common.errors import HostNotFound
from cloudnet.controller.db.engine import Database
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import host_problems as host_problem_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import FloatingIp, NetworkSync, Service


class Overview:
    """Reads only."""

    def __init__(self, database: Database, down_seconds: int, clock: Clock) -> None:
        self._database = database
        self._down = timedelta(seconds=down_seconds)
        self._clock = clock

    def list_hosts(self) -> list[dict[str, Any]]:
        """Return a line for each program on each host; Any: columns of several kinds."""
        with self._database.reading() as connection:
            standings = host_network_rows.list_sync_by_host(connection)
            faults = host_problem_rows.list_by_host(connection)
            return [
                self._service(service)
                | _counted(service, standings.get(service.host, []))
                | {"faults": len(faults.get(service.host, []))}
                for service in service_rows.list_services(connection)
            ]

    def get_host(self, name: str) -> dict[str, Any]:
        """Return all that is known of one host; Any: as above.

        :raises HostNotFound: it has never reported and has no network
        """
        with self._database.reading() as connection:
            programs = [s for s in service_rows.list_services(connection) if s.host == name]
            standings = host_network_rows.list_sync_by_host(connection).get(name, [])
            if not programs and not standings:
                raise HostNotFound(
                    f"host {name} has never reported; see `cloudnet-manage host list`, and "
                    "whether its agent runs under this name ([DEFAULT] host)"
                )
            return {
                "host": name,
                "programs": [self._service(s) for s in programs],
                "networks": [_standing(s) for s in standings],
                "faults": [
                    {"since": since, "message": message}
                    for message, since in host_problem_rows.list_by_host(connection).get(name, [])
                ],
            }

    def list_floating_ips(
        self, host: str | None = None
    ) -> list[tuple[FloatingIp, str | None, IPv4Address | None]]:
        """Return floating IPs (those a host carries if given), each with instance and address."""
        with self._database.reading() as connection:
            targets = floating_rows.list_targets(connection)
            return [
                (floating, *targets.get(floating.id, (None, None)))
                for floating in floating_rows.list_floating_ips(connection, host)
            ]

    def _service(self, service: Service) -> dict[str, Any]:
        return {
            "host": service.host,
            "binary": service.binary,
            "state": self._state(service),
            "last_seen_up": service.last_seen_up,
        }

    def _state(self, service: Service) -> str:
        if service.disabled:
            return "disabled"
        seen = service.last_seen_up
        if seen is not None and seen.tzinfo is None:
            seen = seen.replace(tzinfo=UTC)
        return "up" if seen is not None and self._clock() - seen <= self._down else "down"


def _counted(service: Service, standings: list[NetworkSync]) -> dict[str, Any]:
    if service.binary != "cloudnet-agent":
        return {"networks": None, "stale": None}
    return {
        "networks": sum(s.label is not None for s in standings),
        "stale": sum(s.is_behind for s in standings),
    }


def _standing(standing: NetworkSync) -> dict[str, Any]:
    return {
        "network": standing.label or "(deleted)",
        "network_uuid": standing.network_uuid,
        "revision": standing.revision,
        "applied_revision": standing.applied_revision,
    }
