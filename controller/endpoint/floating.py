"""RPC in from projects, for their floating IPs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cloudnet.common.errors import (
    CannotDisassociateAutoAssignedFloatingIP,
    FixedIpNotFoundForAddress,
    FloatingIpAssociated,
    FloatingIpAssociateFailed,
    FloatingIpLimitExceeded,
    FloatingIpNotAssociated,
    FloatingIpNotFoundForAddress,
    FloatingIpPoolNotFound,
    Forbidden,
    NoMoreFloatingIps,
)
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, Route, rpc_method
from cloudnet.controller.endpoint.serialize import serialize_floating_ip


class FloatingIpsEndpoint:
    """Topic ``network``: floating IPs."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._floating = services.floating
        self._lookups = services.lookups

    @rpc_method(
        "1.0", FloatingIpPoolNotFound, FloatingIpLimitExceeded, NoMoreFloatingIps, route=Route.NONE
    )
    def allocate_floating_ip(
        self, context: Context, project_id: Any, auto_assigned: Any = False, pool: Any = None
    ) -> str:
        """Allocate a floating IP to a project and return it."""
        address = self._floating.allocate(
            arguments.get_caller(context),
            arguments.parse_text("project_id", project_id),
            arguments.parse_optional(arguments.parse_text, "pool", pool),
            auto_assigned=arguments.parse_flag("auto_assigned", auto_assigned),
        )
        return str(address)

    @rpc_method("1.0", FloatingIpNotFoundForAddress, FloatingIpAssociated, route=Route.NONE)
    def deallocate_floating_ip(
        self, context: Context, address: Any, affect_auto_assigned: Any = False
    ) -> None:
        """Return a floating IP to its pool."""
        self._floating.deallocate(
            arguments.get_caller(context),
            arguments.parse_floating_ip("address", address),
            affect_auto_assigned=_parse_affect_auto_assigned(affect_auto_assigned),
        )

    @rpc_method(
        "1.0",
        FloatingIpNotFoundForAddress,
        FixedIpNotFoundForAddress,
        FloatingIpAssociateFailed,
        CannotDisassociateAutoAssignedFloatingIP,
        route=Route.NONE,
    )
    def associate_floating_ip(
        self,
        context: Context,
        floating_address: Any,
        fixed_address: Any,
        affect_auto_assigned: Any = False,
    ) -> str | None:
        """Associate a floating IP with a fixed IP; return the instance that had it before."""
        return self._floating.associate(
            arguments.get_caller(context),
            arguments.parse_floating_ip("floating_address", floating_address),
            arguments.parse_fixed_ip("fixed_address", fixed_address),
            affect_auto_assigned=_parse_affect_auto_assigned(affect_auto_assigned),
        )

    @rpc_method(
        "1.0",
        FloatingIpNotFoundForAddress,
        FloatingIpNotAssociated,
        CannotDisassociateAutoAssignedFloatingIP,
        route=Route.NONE,
    )
    def disassociate_floating_ip(
        self, context: Context, address: Any, affect_auto_assigned: Any = False
    ) -> None:
        """Disassociate a floating IP from its fixed IP."""
        self._floating.disassociate(
            arguments.get_caller(context),
            arguments.parse_floating_ip("address", address),
            affect_auto_assigned=_parse_affect_auto_assigned(affect_auto_assigned),
        )

    @rpc_method(
        "1.6",
        FloatingIpNotFoundForAddress,
        FixedIpNotFoundForAddress,
        FloatingIpAssociateFailed,
        route=Route.HOST,
    )
    def associate_floating_ip_on_host(
        self,
        context: Context,
        floating_address: Any,
        fixed_address: Any,
        interface: Any = None,
        instance_uuid: Any = None,
    ) -> None:
        """Associate, as ``_associate_floating_ip`` of nova; the pool's interface is used."""
        self._floating.associate(
            arguments.get_caller(context),
            arguments.parse_floating_ip("floating_address", floating_address),
            arguments.parse_fixed_ip("fixed_address", fixed_address),
            affect_auto_assigned=True,
        )

    @rpc_method("1.6", FloatingIpNotFoundForAddress, route=Route.HOST)
    def disassociate_floating_ip_on_host(
        self, context: Context, address: Any, interface: Any = None, instance_uuid: Any = None
    ) -> None:
        """Disassociate, as ``_disassociate_floating_ip`` of nova; it may be disassociated."""
        with suppress(FloatingIpNotAssociated):
            self._floating.disassociate(
                arguments.get_caller(context),
                arguments.parse_floating_ip("address", address),
                affect_auto_assigned=True,
            )

    @rpc_method("1.7", route=Route.NONE)
    def get_floating_ip_pools(self, context: Context) -> list[JsonObject]:
        """Return the names of the pools."""
        return [{"name": name} for name in self._floating.list_pools()]

    @rpc_method("1.0", route=Route.NONE)
    def get_floating_pools(self, context: Context) -> list[JsonObject]:
        """Return the names of the pools, as the method was called before 1.7."""
        return self.get_floating_ip_pools(context)

    @rpc_method("1.0", route=Route.NONE)
    def get_floating_ips_by_project(self, context: Context) -> list[JsonObject]:
        """Return the floating IPs of the caller's project."""
        project = arguments.get_caller(context).project
        if project is None:
            raise Forbidden("the context names no project; call with the project's own context")
        return [serialize_floating_ip(row) for row in self._lookups.list_floating_ips(project)]

    @rpc_method("1.0", FloatingIpNotFoundForAddress, route=Route.NONE)
    def get_floating_ip_by_address(self, context: Context, address: Any) -> JsonObject:
        """Return one floating IP."""
        caller = arguments.get_caller(context)
        parsed = arguments.parse_floating_ip("address", address)
        return serialize_floating_ip(self._lookups.get_floating_ip_by_address(caller, parsed))


def _parse_affect_auto_assigned(value: Any) -> bool:
    return arguments.parse_flag("affect_auto_assigned", value)
