"""RPC in: whether the service is there."""

from __future__ import annotations

from typing import Any

from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, Route, rpc_method


class DiagnosticsEndpoint:
    """Topic ``network``."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        pass

    @rpc_method("1.4", route=Route.NONE)
    def get_backdoor_port(self, context: Context) -> None:
        """Return null: no debugger listens."""


class BaseApiEndpoint:
    """Topic ``network``, namespace ``baseapi``: what every service of nova answers."""

    target = messaging.Target(namespace="baseapi", version="1.1")

    def ping(self, context: Context, arg: Any) -> JsonObject:
        """Return the argument."""
        return {"service": "network", "arg": arg}

    def get_backdoor_port(self, context: Context) -> None:
        """Return null: no debugger listens."""
