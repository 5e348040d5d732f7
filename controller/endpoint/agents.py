"""RPC in from agents: heartbeats and lease events, on a topic of their own."""

from __future__ import annotations

from typing import Any

from cloudnet.common.limits import REVISION
from cloudnet.common.wire.codec import JsonObject, from_wire, to_wire
from cloudnet.common.wire.objects import Report
from cloudnet.controller.endpoint import arguments as be
from cloudnet.controller.endpoint.rpc_errors import CONTROLLER_TARGET, Context, expected
from cloudnet.controller.service.hosts.reports import HostReports


class AgentsEndpoint:
    """Topic ``cloudnet-controller``."""

    target = CONTROLLER_TARGET

    def __init__(self, hosts: HostReports) -> None:
        self._hosts = hosts

    @expected
    def report(self, context: Context, report: Any) -> JsonObject:
        """Take a heartbeat and answer with what the host lacks."""
        return to_wire(self._hosts.process_report(_sensible(from_wire(Report, report))))

    @expected
    def lease_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that an address is handed out."""
        self._hosts.record_lease(be.address("address", address), _mac(mac))

    @expected
    def release_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that an address is given back."""
        self._hosts.record_lease_end(be.address("address", address), _mac(mac))


def _sensible(report: Report) -> Report:
    """Return the report if what it names can be written down."""
    be.text("report.host", report.host)
    for number, applied in enumerate(report.applied):
        be.uuid(f"report.applied[{number}].network", applied.network)
        be.whole(f"report.applied[{number}].revision", applied.revision, 0, REVISION.highest)
    for number, fault in enumerate(report.faults):
        be.optional_uuid(f"report.problems[{number}].network", fault.network)
    return report


def _mac(value: Any) -> str | None:
    return None if value is None else be.mac("mac", value)
