"""RPC in from operators, for networks."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from cloudnet.common.errors import (
    AddressOutOfRange,
    CidrConflict,
    DuplicateVlan,
    Forbidden,
    InvalidAddress,
    InvalidCidr,
    InvalidInput,
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
        # Also for a project's own context: nova's API decides which users may create networks.
        request = parse_network_request(label, values)
        if request.project is not None:
            caller = arguments.get_caller(context)
            caller.require_access(f"project {request.project}", request.project)
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
        self._networks.delete(
            arguments.get_caller(context),
            uuid=arguments.parse_optional(arguments.parse_uuid, "uuid", uuid),
            cidr=arguments.parse_optional(_parse_range, "fixed_range", fixed_range),
            require_disassociated=arguments.parse_flag(
                "require_disassociated", require_disassociated, default=True
            ),
        )

    @rpc_method("1.0", route=Route.NONE)
    def get_all_networks(self, context: Context) -> list[JsonObject]:
        """Return the networks that the caller may see."""
        caller = arguments.get_caller(context)
        return [
            serialize_network(network) for network in self._networks.list_visible_networks(caller)
        ]

    @rpc_method("1.0", NetworkNotFoundForUUID, route=Route.NONE)
    def get_network(self, context: Context, network_uuid: Any) -> JsonObject:
        """Return one network."""
        uuid = arguments.parse_uuid("network_uuid", network_uuid)
        network = self._networks.get_visible_network(arguments.get_caller(context), uuid)
        return serialize_network(network)

    @rpc_method("1.0", NetworkNotFoundForUUID, NoMoreNetworks)
    def add_network_to_project(
        self, context: Context, project_id: Any, network_uuid: Any = None
    ) -> None:
        """Give a project one more network: this one, or any that is free."""
        project = arguments.parse_text("project_id", project_id)
        arguments.get_caller(context).require_access(f"project {project}", project)
        self._networks.associate(
            project, arguments.parse_optional(arguments.parse_uuid, "network_uuid", network_uuid)
        )

    @rpc_method("1.5", NetworkNotFoundForUUID, NoMoreNetworks, NetworkInUse, route=Route.NONE)
    def associate(self, context: Context, network_uuid: Any, associations: Any) -> None:
        """Set the ``host`` and ``project`` of a network, those that are given; null: none."""
        _require_admin(context)
        uuid = arguments.parse_uuid("network_uuid", network_uuid)
        self._networks.set_associations(uuid, **_parse_associations(associations))

    @rpc_method("1.0", NetworkNotFoundForUUID, NetworkInUse, route=Route.NONE)
    def disassociate_network(self, context: Context, network_uuid: Any) -> None:
        """Take a network from its project and from its gateway host."""
        uuid = arguments.parse_uuid("network_uuid", network_uuid)
        self._networks.disassociate(uuid, host=True, caller=arguments.get_caller(context))


def _parse_range(name: str, value: Any) -> IPv4Network | IPv6Network:
    if isinstance(value, str) and ":" in value:
        return arguments.parse_cidr6(name, value)
    return arguments.parse_cidr(name, value)


def _parse_associations(value: Any) -> dict[str, str | None]:
    if not isinstance(value, Mapping) or not value or value.keys() - _ASSOCIATIONS.keys():
        raise InvalidInput(f"associations: host, project or both are needed, not {value!r:.200}")
    return {
        key: arguments.parse_optional(_ASSOCIATIONS[key], f"associations.{key}", named)
        for key, named in value.items()
    }


_ASSOCIATIONS = {"host": arguments.parse_host_name, "project": arguments.parse_text}


def _require_admin(context: Context) -> None:
    caller = arguments.get_caller(context)
    if not caller.is_admin:
        raise Forbidden(f"project {caller.project} cannot change networks; an administrator can")
