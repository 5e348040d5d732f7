"""RPC in from compute services, for their instances."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from cloudnet.common.errors import (
    BadRequest,
    FixedIpAlreadyInUse,
    FixedIpAssociateFailed,
    FixedIpInvalid,
    FixedIpLimitExceeded,
    FixedIpNotFoundForNetwork,
    InstanceNotFound,
    NetworkNotFoundForProject,
    NoMoreFixedIps,
    NoMoreNetworks,
    NoNetworksFound,
    NotWired,
    VirtualInterfaceCreateException,
    VirtualInterfaceMacAddressException,
)
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments, requests
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, Route, rpc_method
from cloudnet.controller.service.instances.allocation import BootRequest


class InstancesEndpoint:
    """Topic ``network``: instances and the leases of their addresses."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._instances = services.instances
        self._wiring = services.wiring
        self._leases = services.leases
        self._overview = services.overview

    @rpc_method(
        "1.0",
        NoNetworksFound,
        NotWired,
        NetworkNotFoundForProject,
        NoMoreNetworks,
        NoMoreFixedIps,
        FixedIpLimitExceeded,
        FixedIpInvalid,
        FixedIpNotFoundForNetwork,
        FixedIpAlreadyInUse,
        FixedIpAssociateFailed,
        VirtualInterfaceCreateException,
        VirtualInterfaceMacAddressException,
        NotWired,
        route=Route.SHARED_OR_HOST,
    )
    def allocate_for_instance(
        self,
        context: Context,
        *,
        instance_id: Any = None,
        project_id: Any = None,
        host: Any = None,
        rxtx_factor: Any = None,
        vpn: Any = False,
        requested_networks: Any = None,
        macs: Any = None,
        hostname: Any = None,
        wait_seconds: Any = None,
        instance_uuid: Any = None,  # before 1.9
        **ignored: Any,  # dhcp_options and security_groups
    ) -> list[JsonObject] | Future[list[JsonObject]]:
        """Allocate an interface on each network, and return when the hosts have wired them.

        Only cloudnet has ``hostname`` and ``wait_seconds``.
        """
        requested = requests.parse_requested_networks("requested_networks", requested_networks)
        request = BootRequest(
            instance=requests.parse_instance(instance_id, instance_uuid),
            project=arguments.parse_text("project_id", project_id),
            host=arguments.parse_host_name("host", host),
            hostname=arguments.parse_optional(arguments.parse_text, "hostname", hostname),
            requested=requested or (),
            macs=requests.parse_macs("macs", macs),
            rxtx_factor=requests.parse_rxtx_factor(rxtx_factor),
        )
        if arguments.parse_flag("vpn", vpn):
            raise BadRequest("vpn: cloudpipe instances are not supported; leave it out")
        if requested is None:
            return []
        return self._wiring.allocate(
            request,
            arguments.get_caller(context),
            arguments.parse_optional(arguments.parse_factor, "wait_seconds", wait_seconds),
        )

    @rpc_method("1.0", route=Route.SHARED_OR_HOST)
    def deallocate_for_instance(
        self,
        context: Context,
        *,
        instance_id: Any = None,
        project_id: Any = None,
        host: Any = None,
        requested_networks: Any = None,
        instance: Any = None,
        instance_uuid: Any = None,
        **ignored: Any,
    ) -> None:
        """Release all interfaces of an instance, or those on ``requested_networks``."""
        self._instances.deallocate(
            requests.parse_instance(instance_id, instance_uuid, instance),
            requests.parse_requested_networks("requested_networks", requested_networks) or (),
            arguments.get_caller(context),
        )

    @rpc_method("1.0", InstanceNotFound)
    def get_instance_nw_info(
        self,
        context: Context,
        *,
        instance_id: Any = None,
        rxtx_factor: Any = None,
        host: Any = None,
        project_id: Any = None,
        instance_uuid: Any = None,
        **ignored: Any,
    ) -> list[JsonObject]:
        """Return the interfaces of an instance."""
        return self._instances.get_network_info(
            requests.parse_instance(instance_id, instance_uuid),
            requests.parse_rxtx_factor(rxtx_factor),
            arguments.get_caller(context),
        )

    @rpc_method("1.0", is_own=True, route=Route.NONE)
    def explain_unwired(self, context: Context, instance_id: Any) -> list[str]:
        """Return why an instance may not be wired: what its hosts report."""
        return self._overview.explain_unwired(requests.parse_instance(instance_id))

    @rpc_method("1.0", route=Route.HOST, is_cast=True)
    def lease_fixed_ip(self, context: Context, address: Any) -> None:
        """Record that a lease of the address has begun."""
        self._leases.record_lease(arguments.parse_address("address", address))

    @rpc_method("1.0", route=Route.HOST, is_cast=True)
    def release_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that the lease of the address has ended."""
        self._leases.record_lease_end(
            arguments.parse_address("address", address),
            arguments.parse_optional(arguments.parse_mac, "mac", mac),
        )
