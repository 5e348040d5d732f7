"""RPC in from operators, for networks."""

from __future__ import annotations

from typing import Any

from cloudnet.common.errors import (
    AddressOutOfRange,
    CidrConflict,
    DuplicateVlan,
    Forbidden,
    InvalidAddress,
    InvalidCidr,
    InvalidIntValue,
    NetworkHasProject,
    NetworkInUse,
    NetworkNotCreated,
    NetworkNotFoundForCidr,
    NetworkNotFoundForUUID,
    NoMoreNetworks,
    NoMoreVlans,
)
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.endpoint.create_networks import CREATE_ARGUMENTS, parse_network_request
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, Route, rpc_method
from cloudnet.controller.endpoint.serialize import serialize_network


class NetworksEndpoint:
    """Topic ``network``: networks."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._networks = services.networks

    @rpc_method(
        "1.0",
        NetworkNotCreated,
        InvalidCidr,
        InvalidIntValue,
        InvalidAddress,
        AddressOutOfRange,
        CidrConflict,
        DuplicateVlan,
        NoMoreVlans,
        arguments=("label", *CREATE_ARGUMENTS),
    )
    def create_networks(
        self, context: Context, label: Any = None, **values: Any
    ) -> list[JsonObject]:
        """Create networks: all of them, or none if one cannot be created."""
        _require_admin(context)
        request = parse_network_request(label, values)
        return [serialize_network(network) for network in self._networks.create(request)]

    @rpc_method(
        "1.0", NetworkNotFoundForUUID, NetworkNotFoundForCidr, NetworkHasProject, NetworkInUse
    )
    def delete_network(
        self,
        context: Context,
        fixed_range: Any = None,
        uuid: Any = None,
        require_disassociated: Any = True,
    ) -> None:
        """Delete a network by its range or its uuid."""
        _require_admin(context)
        self._networks.delete(
            uuid=arguments.parse_optional(arguments.parse_uuid, "uuid", uuid),
            cidr=arguments.parse_optional(arguments.parse_cidr, "fixed_range", fixed_range),
            require_disassociated=arguments.parse_flag(
                "require_disassociated", require_disassociated, default=True
            ),
        )

    @rpc_method("1.0", route=Route.NONE)
    def get_all_networks(self, context: Context) -> list[JsonObject]:
        """Return the networks that the caller may see."""
        caller = arguments.get_caller(context)
        return [
            serialize_network(network)
            for network in self._networks.list_networks()
            if caller.is_admin or network.project_id in (None, caller.project)
        ]

    @rpc_method("1.0", NetworkNotFoundForUUID, route=Route.NONE)
    def get_network(self, context: Context, network_uuid: Any) -> JsonObject:
        """Return one network."""
        uuid = arguments.parse_uuid("network_uuid", network_uuid)
        network = self._networks.get_network(uuid)
        if network.project_id is not None:
            caller = arguments.get_caller(context)
            caller.require_access(f"network {network.uuid}", network.project_id)
        return serialize_network(network)

    @rpc_method("1.0", NetworkNotFoundForUUID, NoMoreNetworks)
    def add_network_to_project(
        self, context: Context, project_id: Any, network_uuid: Any = None
    ) -> None:
        """Give a project one more network."""
        _require_admin(context)
        self._networks.associate(
            arguments.parse_text("project_id", project_id),
            arguments.parse_optional(arguments.parse_uuid, "network_uuid", network_uuid),
        )

    @rpc_method("1.0", NetworkNotFoundForUUID, route=Route.NONE)
    def disassociate_network(self, context: Context, network_uuid: Any) -> None:
        """Take a network from its project and from its gateway host."""
        _require_admin(context)
        uuid = arguments.parse_uuid("network_uuid", network_uuid)
        self._networks.disassociate(uuid, host=True)


def _require_admin(context: Context) -> None:
    caller = arguments.get_caller(context)
    if not caller.is_admin:
        raise Forbidden(f"project {caller.project} cannot change networks; an administrator can")
