"""What a project calls for its floating IPs."""

from __future__ import annotations

from typing import Any

from cloudnet.common.errors import Forbidden
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments as be
from cloudnet.controller.endpoint import serialize
from cloudnet.controller.endpoint.rpc_errors import NETWORK_TARGET, Context, expected


class FloatingIpsEndpoint:
    """Topic ``network``: floating IPs."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._floating = services.floating

    @expected
    def allocate_floating_ip(
        self, context: Context, project_id: Any, auto_assigned: Any = False, pool: Any = None
    ) -> str:
        """Take a floating IP for a project."""
        address = self._floating.allocate(
            be.caller(context),
            be.text("project_id", project_id),
            be.optional_text("pool", pool),
            auto_assigned=bool(be.flag("auto_assigned", auto_assigned)),
        )
        return str(address)

    @expected
    def deallocate_floating_ip(
        self, context: Context, address: Any, affect_auto_assigned: Any = False
    ) -> None:
        """Give a floating IP back."""
        self._floating.deallocate(
            be.caller(context),
            be.address("address", address),
            affect_auto_assigned=bool(be.flag("affect_auto_assigned", affect_auto_assigned)),
        )

    @expected
    def associate_floating_ip(
        self,
        context: Context,
        floating_address: Any,
        fixed_address: Any,
        affect_auto_assigned: Any = False,
    ) -> str | None:
        """Point a floating IP at a fixed one; return the instance that lost it."""
        return self._floating.associate(
            be.caller(context),
            be.address("floating_address", floating_address),
            be.address("fixed_address", fixed_address),
            affect_auto_assigned=bool(be.flag("affect_auto_assigned", affect_auto_assigned)),
        )

    @expected
    def disassociate_floating_ip(
        self, context: Context, address: Any, affect_auto_assigned: Any = False
    ) -> None:
        """Take a floating IP off its fixed one."""
        self._floating.disassociate(
            be.caller(context),
            be.address("address", address),
            affect_auto_assigned=bool(be.flag("affect_auto_assigned", affect_auto_assigned)),
        )

    @expected
    def get_floating_ip_pools(self, context: Context) -> list[JsonObject]:
        """Return the names of the pools."""
        return [{"name": name} for name in self._floating.list_pools()]

    get_floating_pools = get_floating_ip_pools  # its name before 2013

    @expected
    def get_floating_ips_by_project(self, context: Context) -> list[JsonObject]:
        """Return what the caller's project has taken."""
        project = be.caller(context).project
        if project is None:
            raise Forbidden("the context names no project; call with the project's own")
        found = self._floating.list_for_project(project)
        return [serialize.floating_ip(row, self._floating.get_guest(row)) for row in found]

    @expected
    def get_floating_ip_by_address(self, context: Context, address: Any) -> JsonObject:
        """Return one floating IP."""
        row = self._floating.get_floating_ip(be.caller(context), be.address("address", address))
        return serialize.floating_ip(row, self._floating.get_guest(row))
