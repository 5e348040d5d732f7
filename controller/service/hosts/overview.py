"""The operator's overview of hosts: which programs are up, and what is out of sync or at fault."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

from cloudnet.common.errors import HostNotFound
from cloudnet.controller.db.engine import Database
from cloudnet.controller.db.rows import host_agents as host_agent_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import host_problems as host_problem_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import HostAgent, NetworkSync, Service

AGENT = "cloudnet-agent"


class Overview:
    """Lists hosts."""

    def __init__(self, database: Database, down_seconds: int, clock: Clock) -> None:
        self._database = database
        self._down = timedelta(seconds=down_seconds)
        self._clock = clock

    def list_hosts(self) -> list[dict[str, Any]]:
        """Return a row for each program on each host; Any: columns of several types."""
        with self._database.reading() as connection:
            networks = host_network_rows.list_sync_by_host(connection)
            faults = host_problem_rows.list_by_host(connection)
            agents = host_agent_rows.list_by_host(connection)
            return [
                self._describe_service(service, agents.get(service.host))
                | _count_networks(service, networks.get(service.host, []))
                | {"faults": len(faults.get(service.host, []))}
                for service in service_rows.list_services(connection)
            ]

    def get_host(self, name: str) -> dict[str, Any]:
        """Return the programs, networks and faults of one host; Any: as above.

        :raises HostNotFound: it has never reported and has no network
        """
        with self._database.reading() as connection:
            agent = host_agent_rows.get(connection, name)
            programs = [s for s in service_rows.list_services(connection) if s.host == name]
            networks = host_network_rows.list_sync_by_host(connection).get(name, [])
            if not programs and not networks:
                raise HostNotFound(
                    f"host {name} has never reported; see `cloudnet-manage host list`, and "
                    "whether its agent runs under this name ([DEFAULT] host)"
                )
            return {
                "host": name,
                "programs": [self._describe_service(service, agent) for service in programs],
                "held": agent.held,
                "agent": _describe_agent(agent),
                "networks": [_describe_network(network) for network in networks],
                "faults": [
                    {"since": since, "message": message}
                    for message, since in host_problem_rows.list_by_host(connection).get(name, [])
                ],
            }

    def _describe_service(self, service: Service, agent: HostAgent | None) -> dict[str, Any]:
        return {
            "host": service.host,
            "binary": service.binary,
            "state": self._state(service, agent),
            "last_seen_up": service.last_seen_up,
        }

    def _state(self, service: Service, agent: HostAgent | None) -> str:
        if service.disabled:
            return "disabled"
        seen = service.last_seen_up
        if seen is not None and seen.tzinfo is None:
            seen = seen.replace(tzinfo=UTC)
        if seen is None or self._clock() - seen > self._down:
            return "down"
        is_held = service.binary == AGENT and agent is not None and agent.held is not None
        return "held" if is_held else "up"


def _count_networks(service: Service, networks: Sequence[NetworkSync]) -> dict[str, Any]:
    if service.binary != AGENT:
        return {"networks": None, "stale": None}
    return {
        "networks": sum(network.label is not None for network in networks),
        "stale": sum(network.is_stale for network in networks),
    }


def _describe_agent(agent: HostAgent) -> dict[str, Any] | None:
    if agent.agent is None:
        return None
    return {"agent": agent.agent, "my_ip": agent.my_ip, "boot_id": agent.boot_id}


def _describe_network(network: NetworkSync) -> dict[str, Any]:
    return {
        "network": network.label or "(deleted)",
        "network_uuid": network.network_uuid,
        "revision": network.revision,
        "applied_revision": network.applied_revision,
    }
