"""RPC in from agents: heartbeats and DHCP lease events, on a topic of their own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from cloudnet.common.errors import BadRequest, InvalidInput
from cloudnet.common.escape import escape_controls
from cloudnet.common.limits import REVISION, is_hostname
from cloudnet.common.wire.codec import JsonObject, from_wire, to_wire
from cloudnet.common.wire.objects import Heartbeat, HeartbeatReply, Report, ServedAddress
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.endpoint.methods import CONTROLLER_TARGET, Context

LONGEST_TEXT = 4000  # characters of a fault


class AgentsEndpoint:
    """Topic ``cloudnet-controller``."""

    target = CONTROLLER_TARGET

    def __init__(self, services: Services) -> None:
        self._hosts = services.hosts
        self._heartbeats = services.heartbeats
        self._agents = services.agents
        self._leases = services.leases

    def report(self, context: Context, report: Any) -> JsonObject:
        """Process a heartbeat and return what is stale on the host."""
        try:
            checked = _check_report(from_wire(Report, report))
        except BadRequest as error:
            self._record_refusal(report, error)
            raise
        return to_wire(self._hosts.process_report(checked))

    def heartbeat(self, context: Context, heartbeat: Any) -> JsonObject:
        """Return whether the agent must report, since something is not as in its last report."""
        taken = from_wire(Heartbeat, heartbeat)
        arguments.parse_host_name("heartbeat.host", taken.host)
        return to_wire(HeartbeatReply(self._heartbeats.process(taken)))

    def _record_refusal(self, report: Any, error: BadRequest) -> None:
        """Show the operator a host whose reports are refused, if the report names one."""
        host = report.get("host") if isinstance(report, Mapping) else None
        with suppress(BadRequest):
            self._agents.record_refused_report(arguments.parse_text("host", host), str(error))

    def lease_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that a lease of the address has begun."""
        self._leases.record_lease(
            arguments.parse_address("address", address),
            arguments.parse_optional(arguments.parse_mac, "mac", mac),
        )

    def release_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that the lease of the address has ended."""
        self._leases.record_lease_end(
            arguments.parse_address("address", address),
            arguments.parse_optional(arguments.parse_mac, "mac", mac),
        )


def _check_report(report: Report) -> Report:
    """Return the report if the database can take all its values, with its texts escaped.

    :raises BadRequest: it cannot
    """
    arguments.parse_host_name("report.host", report.host)
    for number, applied in enumerate(report.applied):
        name = f"report.applied[{number}]"
        arguments.parse_uuid(f"{name}.network", applied.network)
        arguments.parse_integer(f"{name}.revision", applied.revision, 0, REVISION.highest)
    for number, fault in enumerate(report.faults):
        name = f"report.problems[{number}].network"  # the key on the wire
        arguments.parse_optional(arguments.parse_uuid, name, fault.network)
    for number, served in enumerate(report.served):
        _check_served(f"report.served[{number}]", served)
    if report.dns is not None:
        arguments.parse_integer("report.dns", report.dns, 0, REVISION.highest)
    if report.origin is not None:
        arguments.parse_uuid("report.origin.cloud", report.origin.cloud)
        generation = report.origin.generation
        arguments.parse_integer("report.origin.generation", generation, 0, REVISION.highest)
        arguments.parse_uuid("report.origin.branch", report.origin.branch)
    if report.agent is not None:
        arguments.parse_uuid("report.agent.agent", report.agent.agent)
        if report.agent.boot_id:
            arguments.parse_uuid("report.agent.boot_id", report.agent.boot_id)
    return _escape_texts(report)


def _escape_texts(report: Report) -> Report:
    """Return the report with texts that a database can store; a device may have any name.

    PostgreSQL takes no zero byte, no database a lone surrogate, and MariaDB no text of any length.
    """
    ranges = report.ranges
    if ranges is not None:
        ranges = tuple(replace(each, device=_escape(each.device, 255)) for each in ranges)
    return replace(
        report,
        faults=tuple(replace(each, message=_escape(each.message)) for each in report.faults),
        held=None if report.held is None else _escape(report.held),
        ranges=ranges,
    )


def _escape(text: str, longest: int = LONGEST_TEXT) -> str:
    return escape_controls(text)[:longest]


def _check_served(name: str, served: ServedAddress) -> None:
    arguments.parse_uuid(f"{name}.network", served.network)
    arguments.parse_optional(arguments.parse_mac, f"{name}.mac", served.mac)
    arguments.parse_optional(arguments.parse_uuid, f"{name}.instance", served.instance)
    if served.hostname is not None and not is_hostname(served.hostname):
        raise InvalidInput(f"{name}.hostname: a host name is needed, not {served.hostname!r}")
