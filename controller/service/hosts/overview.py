"""The operator's overview of hosts: which programs are up, and what is out of sync or at fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudnet.common.errors import HostNotFound
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import host_agents as host_agent_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import host_problems as host_problem_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import HostAgent, NetworkSync, Service
from cloudnet.controller.service.hosts.known import explain_unreported

AGENT = "cloudnet-agent"
NO_REASON = "no reason given"


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
            services = service_rows.list_services(connection)
            missing = _list_hosts_without_report(connection, services)
        return [
            self._describe_service(service, agents.get(service.host))
            | _count_networks(service, networks.get(service.host, []))
            | {"faults": len(faults.get(service.host, [])) + self._is_refused(service, agents)}
            for service in sorted([*services, *missing], key=lambda each: (each.host, each.binary))
        ]

    def get_host(self, name: str) -> dict[str, Any]:
        """Return the programs, networks and faults of one host; Any: as above.

        :raises HostNotFound: it has never reported and has no network
        """
        with self._database.reading() as connection:
            agent = host_agent_rows.get(connection, name)
            services = service_rows.list_services(connection)
            missing = _list_hosts_without_report(connection, services)
            programs = [each for each in [*services, *missing] if each.host == name]
            networks = host_network_rows.list_sync_by_host(connection).get(name, [])
            faults = host_problem_rows.list_by_host(connection).get(name, [])
            if not programs:
                raise HostNotFound(explain_unreported(connection, name)[name])
            if agent.refused_at and self._is_recent(agent.refused_at):
                faults.append((agent.refused or "", agent.refused_at))
            return {
                "host": name,
                "programs": [self._describe_service(service, agent) for service in programs],
                "held": agent.held,
                "agent": _describe_agent(agent),
                "networks": [_describe_network(network) for network in networks],
                "faults": [{"since": since, "message": message} for message, since in faults],
            }

    def explain_unwired(self, instance: str) -> list[str]:
        """Return why an instance's hosts may not have wired it, a line for each host."""
        with self._database.reading() as connection:
            hosts = guest_rows.list_hosts_of_instance(connection, instance)
        return self.explain_host(*hosts)

    def explain_host(self, *hosts: str) -> list[str]:
        """Return what is wrong with hosts, a line for each of them."""
        with self._database.reading() as connection:
            services = service_rows.list_services(connection)
            agents = host_agent_rows.list_by_host(connection)
            faults = host_problem_rows.list_by_host(connection)
            unreported = explain_unreported(connection, *hosts)
        by_host = {each.host: each for each in services if each.binary == AGENT}
        lines: list[str] = []
        for host in hosts:
            service, agent = by_host.get(host), agents.get(host)
            if service is None or host in unreported:
                lines.append(unreported[host])
                continue
            state = self._state(service, agent)
            reasons = [] if state == "up" else [state]
            reasons += [message for message, _ in faults.get(host, [])]
            if reasons:
                lines.append(f"host {host}: {'; '.join(reasons)}")
        return lines

    def explain_misnamed(self, host: str) -> str | None:
        """Return that a host has never reported, though others have; None: it has, or none has."""
        with self._database.reading() as connection:
            if not service_rows.list_agent_hosts(connection):
                return None
            return explain_unreported(connection, host).get(host)

    def _describe_service(self, service: Service, agent: HostAgent | None) -> dict[str, Any]:
        return {
            "host": service.host,
            "binary": service.binary,
            "state": self._state(service, agent),
            "last_seen_up": service.last_seen_up,
            "disabled": (service.disabled_reason or NO_REASON) if service.disabled else None,
        }

    def _state(self, service: Service, agent: HostAgent | None) -> str:
        seen = service.last_seen_up
        if seen is not None and seen.tzinfo is None:
            seen = seen.replace(tzinfo=UTC)
        if seen is None or not self._is_recent(seen):
            if service.binary == AGENT and agent and self._is_refused(service, {agent.host: agent}):
                return "refused"
            return "never reported" if seen is None else "down"
        is_held = service.binary == AGENT and agent is not None and agent.held is not None
        return "held" if is_held else "up"

    def _is_recent(self, moment: datetime) -> bool:
        return self._clock() - moment <= self._down

    def _is_refused(self, service: Service, agents: Mapping[str, HostAgent]) -> bool:
        """Whether a report of this host was refused a short time ago."""
        agent = agents.get(service.host)
        is_agent = service.binary == AGENT and agent is not None
        refused_at = agent.refused_at if agent is not None and is_agent else None
        return refused_at is not None and self._is_recent(refused_at)


def _list_hosts_without_report(
    connection: Connection, services: Sequence[Service]
) -> list[Service]:
    """Return the hosts that something refers to and that have never reported."""
    reporting = {service.host for service in services if service.binary == AGENT}
    expected = host_network_rows.list_expected_hosts(connection)
    return [Service(host, AGENT, False, None) for host in sorted(expected - reporting)]


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
