"""RPC in from agents: heartbeats and DHCP lease events, on a topic of their own."""

from __future__ import annotations

from typing import Any

from cloudnet.common.limits import REVISION
from cloudnet.common.wire.codec import JsonObject, from_wire, to_wire
from cloudnet.common.wire.objects import Report
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.endpoint.rpc_errors import CONTROLLER_TARGET, Context, map_errors


class AgentsEndpoint:
    """Topic ``cloudnet-controller``."""

    target = CONTROLLER_TARGET

    def __init__(self, services: Services) -> None:
        self._hosts = services.hosts
        self._leases = services.leases

    @map_errors
    def report(self, context: Context, report: Any) -> JsonObject:
        """Process a heartbeat and return what is stale on the host."""
        return to_wire(self._hosts.process_report(_check_report(from_wire(Report, report))))

    @map_errors
    def lease_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that a lease of the address has begun."""
        self._leases.record_lease(
            arguments.parse_address("address", address),
            arguments.parse_optional(arguments.parse_mac, "mac", mac),
        )

    @map_errors
    def release_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that the lease of the address has ended."""
        self._leases.record_lease_end(
            arguments.parse_address("address", address),
            arguments.parse_optional(arguments.parse_mac, "mac", mac),
        )


def _check_report(report: Report) -> Report:
    """Return the report if the database can take all its values.

    :raises BadRequest: it cannot
    """
    arguments.parse_text("report.host", report.host)
    for number, applied in enumerate(report.applied):
        name = f"report.applied[{number}]"
        arguments.parse_uuid(f"{name}.network", applied.network)
        arguments.parse_integer(f"{name}.revision", applied.revision, 0, REVISION.highest)
    for number, fault in enumerate(report.faults):
        name = f"report.problems[{number}].network"  # the key on the wire
        arguments.parse_optional(arguments.parse_uuid, name, fault.network)
    return report
