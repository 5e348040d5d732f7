"""What a compute service calls for its instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments as be
from cloudnet.controller.endpoint.rpc_errors import NETWORK_TARGET, Context, expected
from cloudnet.controller.service.instances.allocation import BootRequest


class InstancesEndpoint:
    """Topic ``network``: instances and the leases of their addresses."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._instances = services.instances
        self._hosts = services.hosts

    @expected
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
        **ignored: Any,  # instance_uuid of old callers, dhcp_options
    ) -> list[JsonObject]:
        """Give an instance its networks; ``hostname`` is cloudnet's own."""
        requested = be.requested("requested_networks", requested_networks)
        boot = BootRequest(
            instance=be.uuid("instance_id", ignored.get("instance_uuid") or instance_id),
            project=be.text("project_id", project_id),
            host=be.text("host", host),
            hostname=be.optional_text("hostname", hostname),
            requested=requested or (),
            macs=be.macs("macs", macs),
            rxtx_factor=be.factor("rxtx_factor", rxtx_factor),
        )
        if be.flag("vpn", vpn):
            raise BadRequest("vpn: cloudpipe instances are not supported; leave it out")
        if requested is None:
            return []
        return self._instances.allocate(boot, be.caller(context))

    @expected
    def deallocate_for_instance(
        self,
        context: Context,
        *,
        instance_id: Any = None,
        project_id: Any = None,
        host: Any = None,
        requested_networks: Any = None,
        instance: Any = None,
        **ignored: Any,
    ) -> None:
        """Take from an instance all it has, or what it has of ``requested_networks``."""
        known = be.opened(instance)
        uuid = known.get("uuid") if isinstance(known, Mapping) else instance_id
        self._instances.deallocate(
            be.uuid("instance_id", ignored.get("instance_uuid") or uuid),
            be.requested("requested_networks", requested_networks) or (),
            be.caller(context),
        )

    @expected
    def get_instance_nw_info(
        self, context: Context, instance_id: Any, rxtx_factor: Any = None, **ignored: Any
    ) -> list[JsonObject]:
        """Return what an instance has."""
        return self._instances.get_network_info(
            be.uuid("instance_id", ignored.get("instance_uuid") or instance_id),
            be.factor("rxtx_factor", rxtx_factor),
            be.caller(context),
        )

    @expected
    def lease_fixed_ip(self, context: Context, address: Any) -> None:
        """Record that an address is handed out."""
        self._hosts.record_lease(be.address("address", address))

    @expected
    def release_fixed_ip(self, context: Context, address: Any, mac: Any = None) -> None:
        """Record that an address is given back."""
        self._hosts.record_lease_end(
            be.address("address", address), None if mac is None else be.mac("mac", mac)
        )
