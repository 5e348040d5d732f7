"""RPC in from agents: heartbeats and lease events, on a topic of their own."""

from __future__ import annotations

from typing import Any

from cloudnet.common.objects import Report
from cloudnet.common.wire import from_wire, to_wire
from cloudnet.controller.endpoint import arguments as be
from cloudnet.controller.endpoint.door import CONTROLLER_TARGET, Context, expected
from cloudnet.controller.nwinfo import Plain
from cloudnet.controller.service.hosts import Hosts


class AgentsEndpoint:
    """Topic ``cloudnet-controller``."""

    target = CONTROLLER_TARGET

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    @expected
    def report(self, context: Context, report: Any) -> Plain:
        """Take a heartbeat and answer with what the host lacks."""
        return to_wire(self._hosts.report(from_wire(Report, report)))

    @expected
    def lease_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that an address is handed out."""
        self._hosts.lease(be.address("address", address), _mac(mac))

    @expected
    def release_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that an address is given back."""
        self._hosts.release(be.address("address", address), _mac(mac))


def _mac(value: Any) -> str | None:
    return None if value is None else be.mac("mac", value)
