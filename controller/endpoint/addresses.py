"""RPC in from compute services, for single addresses of their instances, and for leases."""

from __future__ import annotations

import logging
from typing import Any

from cloudnet.common.errors import (
    BadRequest,
    FixedIpAlreadyInUse,
    FixedIpAssociateFailed,
    FixedIpInvalid,
    FixedIpLimitExceeded,
    FixedIpNotFoundForAddress,
    FixedIpNotFoundForNetwork,
    FixedIpNotFoundForSpecificInstance,
    InstanceNotFound,
    NetworkNotFoundForProject,
    NetworkNotFoundForUUID,
    NetworkSetHostFailed,
    NoMoreFixedIps,
)
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments, requests
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, Route, rpc_method

LOG = logging.getLogger(__name__)

_ADD_ERRORS = (
    InstanceNotFound,
    NetworkNotFoundForUUID,
    NetworkNotFoundForProject,
    NoMoreFixedIps,
    FixedIpLimitExceeded,
    FixedIpAssociateFailed,
)
_ALLOCATE_ERRORS = (*_ADD_ERRORS, FixedIpNotFoundForNetwork, FixedIpAlreadyInUse)


class AddressesEndpoint:
    """Topic ``network``: addresses of instances."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._addresses = services.addresses
        self._instances = services.instances
        self._networks = services.networks
        self._leases = services.leases

    @rpc_method("1.0", *_ADD_ERRORS)
    def add_fixed_ip_to_instance(
        self,
        context: Context,
        instance_id: Any,
        network_id: Any,
        *,
        host: Any = None,
        rxtx_factor: Any = None,
    ) -> list[JsonObject]:
        """Give an instance one more address on a network; return its network info."""
        instance = requests.parse_instance(instance_id)
        factor = requests.parse_rxtx_factor(rxtx_factor)
        network = requests.parse_network("network_id", network_id)
        self._addresses.add(instance, network, caller=arguments.get_caller(context))
        return self._instances.get_network_info(instance, factor)

    @rpc_method("1.0", InstanceNotFound, FixedIpNotFoundForSpecificInstance, FixedIpInvalid)
    def remove_fixed_ip_from_instance(
        self,
        context: Context,
        instance_id: Any,
        address: Any,
        *,
        host: Any = None,
        rxtx_factor: Any = None,
    ) -> list[JsonObject]:
        """Release one address of an instance; return its network info."""
        instance = requests.parse_instance(instance_id)
        factor = requests.parse_rxtx_factor(rxtx_factor)
        parsed = arguments.parse_fixed_ip("address", address)
        self._addresses.remove(instance, parsed, arguments.get_caller(context))
        return self._instances.get_network_info(instance, factor)

    @rpc_method("1.0", *_ALLOCATE_ERRORS, route=Route.NONE)
    def allocate_fixed_ip(
        self,
        context: Context,
        instance_id: Any,
        network: Any,
        *,
        address: Any = None,
        vpn: Any = None,
        **ignored: Any,
    ) -> str:
        """Give an instance this address of a network, or any; return it."""
        return self._allocate(context, instance_id, ("network", network), address, vpn)

    @rpc_method("1.0", *_ALLOCATE_ERRORS, route=Route.HOST)
    def rpc_allocate_fixed_ip(
        self,
        context: Context,
        instance_id: Any,
        network_id: Any,
        *,
        address: Any = None,
        vpn: Any = None,
    ) -> str:
        """Allocate, as ``_rpc_allocate_fixed_ip`` of nova."""
        return self._allocate(context, instance_id, ("network_id", network_id), address, vpn)

    def _allocate(
        self, context: Context, instance_id: Any, network: tuple[str, Any], address: Any, vpn: Any
    ) -> str:
        if arguments.parse_flag("vpn", vpn):
            raise BadRequest("vpn: cloudpipe instances are not supported; leave it out")
        given = self._addresses.add(
            requests.parse_instance(instance_id),
            requests.parse_network(*network),
            arguments.parse_optional(arguments.parse_fixed_ip, "address", address),
            arguments.get_caller(context),
        )
        return str(given)

    @rpc_method(
        "1.0",
        FixedIpNotFoundForAddress,
        FixedIpNotFoundForSpecificInstance,
        FixedIpInvalid,
        route=Route.HOST,
    )
    def deallocate_fixed_ip(
        self,
        context: Context,
        address: Any,
        *,
        host: Any = None,
        teardown: Any = None,
        instance: Any = None,
    ) -> None:
        """Release an address; if it is released already, that is success."""
        self._addresses.release(
            arguments.parse_fixed_ip("address", address),
            None if instance is None else requests.parse_instance(instance=instance),
            arguments.get_caller(context),
        )

    @rpc_method(
        "1.0",
        FixedIpInvalid,
        FixedIpNotFoundForAddress,
        FixedIpNotFoundForNetwork,
        FixedIpAlreadyInUse,
        NetworkNotFoundForUUID,
        NetworkNotFoundForProject,
    )
    def validate_networks(self, context: Context, networks: Any) -> None:
        """Refuse requested networks and addresses that a boot would not get."""
        requested = requests.parse_requested_networks("networks", networks)
        self._addresses.validate(requested or (), arguments.get_caller(context))

    @rpc_method("1.17", FixedIpInvalid, route=Route.HOST)
    def release_dhcp(self, context: Context, dev: Any, address: Any, vif_address: Any) -> None:
        """Do nothing: the agent ends the lease of a guest when it removes the guest."""
        arguments.parse_text("dev", dev)
        parsed = arguments.parse_fixed_ip("address", address)
        mac = arguments.parse_mac("vif_address", vif_address)
        LOG.debug("release_dhcp of %s (MAC %s): left to the agent", parsed, mac)

    @rpc_method("1.0", NetworkNotFoundForUUID, route=Route.NONE)
    def get_dhcp_leases(self, context: Context, network_ref: Any) -> str:
        """Return the leases of a network as dnsmasq's lease file has them."""
        return self._leases.format_lease_file(
            requests.parse_network_uuid("network_ref", network_ref)
        )

    @rpc_method("1.0", NetworkNotFoundForUUID, NetworkSetHostFailed)
    def set_network_host(self, context: Context, network_ref: Any) -> str:
        """Return the gateway host of a network; ``network_host`` becomes it if there is none."""
        return self._networks.ensure_host(requests.parse_network_uuid("network_ref", network_ref))

    @rpc_method("1.3", NetworkNotFoundForUUID, route=Route.FANOUT, is_cast=True)
    def update_dns(self, context: Context, network_ids: Any) -> None:
        """Send networks to their hosts again, with the names of their guests."""
        arguments.require_admin(context, "send networks again")
        for number, network in enumerate(arguments.parse_list("network_ids", network_ids)):
            self._networks.notify_hosts(requests.parse_network(f"network_ids[{number}]", network))
