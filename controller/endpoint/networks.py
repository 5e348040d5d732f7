"""What an operator calls for networks."""

from __future__ import annotations

from typing import Any

from cloudnet.common.errors import Forbidden
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments as be
from cloudnet.controller.endpoint import serialize
from cloudnet.controller.endpoint.create_networks import network_request
from cloudnet.controller.endpoint.rpc_errors import NETWORK_TARGET, Context, expected


class NetworksEndpoint:
    """Topic ``network``: networks."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._networks = services.networks

    @expected
    def create_networks(
        self, context: Context, label: Any = None, **wanted: Any
    ) -> list[JsonObject]:
        """Create networks, all or none."""
        _only_for_admins(context)
        request = network_request(label, wanted)
        return [serialize.network(made) for made in self._networks.create(request)]

    @expected
    def delete_network(
        self,
        context: Context,
        fixed_range: Any = None,
        uuid: Any = None,
        require_disassociated: Any = True,
    ) -> None:
        """Delete a network by its range or its uuid."""
        _only_for_admins(context)
        self._networks.delete(
            uuid=be.optional_uuid("uuid", uuid),
            cidr=be.optional_cidr("fixed_range", fixed_range),
            require_disassociated=be.flag("require_disassociated", require_disassociated)
            is not False,
        )

    @expected
    def get_all_networks(self, context: Context) -> list[JsonObject]:
        """Return the networks that the caller may see."""
        caller = be.caller(context)
        return [
            serialize.network(network)
            for network in self._networks.list_networks()
            if caller.is_admin or network.project_id in (None, caller.project)
        ]

    @expected
    def get_network(self, context: Context, network_uuid: Any) -> JsonObject:
        """Return one network."""
        network = self._networks.get_network(be.uuid("network_uuid", network_uuid))
        caller = be.caller(context)
        if network.project_id is not None:
            caller.require_access(f"network {network.uuid}", network.project_id)
        return serialize.network(network)

    @expected
    def add_network_to_project(
        self, context: Context, project_id: Any, network_uuid: Any = None
    ) -> None:
        """Give a project one more network."""
        _only_for_admins(context)
        self._networks.associate(
            be.text("project_id", project_id), be.optional_uuid("network_uuid", network_uuid)
        )

    @expected
    def disassociate_network(self, context: Context, network_uuid: Any) -> None:
        """Take a network from its project and from its host."""
        _only_for_admins(context)
        self._networks.disassociate(be.uuid("network_uuid", network_uuid), host=True)


def _only_for_admins(context: Context) -> None:
    caller = be.caller(context)
    if not caller.is_admin:
        raise Forbidden(f"project {caller.project} cannot change networks; an administrator can")
