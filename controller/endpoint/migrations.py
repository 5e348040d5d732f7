"""RPC in from compute services that migrate instances."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from typing import Any

from cloudnet.common import rpc
from cloudnet.common.errors import (
    HostDisabled,
    InstanceNotFound,
    InvalidInput,
    NetworkNotFoundForUUID,
    NoMoreFixedIps,
    NotWired,
)
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments, requests
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, Route, rpc_method

LOG = logging.getLogger(__name__)


class MigrationsEndpoint:
    """Topic ``network``: migrations."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._migrations = services.migrations

    @rpc_method("1.0", InstanceNotFound, HostDisabled, NoMoreFixedIps, NotWired)
    def setup_networks_on_host(
        self,
        context: Context,
        *,
        instance_id: Any = None,
        host: Any = None,
        teardown: Any = None,
        instance: Any = None,
        instance_uuid: Any = None,
    ) -> Future[None] | None:
        """Bring an instance's networks to a host and wait for it, or (``teardown``) take them back.

        A host that runs the instance keeps its networks.
        """
        uuid = requests.parse_instance(instance_id, instance_uuid, instance)
        name = arguments.parse_host_name("host", host)
        caller = arguments.get_caller(context)
        if arguments.parse_flag("teardown", teardown):
            self._migrations.clear_host(uuid, name, caller)
            return None
        return self._migrations.prepare_host(uuid, name, caller)

    @rpc_method(
        "1.0", NetworkNotFoundForUUID, HostDisabled, NoMoreFixedIps, NotWired, route=Route.HOST
    )
    def rpc_setup_network_on_host(
        self, context: Context, network_id: Any, teardown: Any = None
    ) -> Future[None] | None:
        """Bring a network to the host whose topic is called, or (``teardown``) take it back."""
        arguments.require_admin(context, "prepare hosts")
        host = context.get(rpc.CALLED_HOST_KEY)
        if host is None:
            raise InvalidInput("rpc_setup_network_on_host: send it to the topic network.<host>")
        name = arguments.parse_host_name("host", host)
        network = requests.parse_network("network_id", network_id)
        if arguments.parse_flag("teardown", teardown):
            self._migrations.clear_network(network, name)
            return None
        return self._migrations.prepare_network(network, name)

    @rpc_method("1.1", route=Route.SHARED_OR_HOST)
    def migrate_instance_start(
        self,
        context: Context,
        instance_uuid: Any,
        *,
        source: Any = None,
        dest: Any = None,
        floating_addresses: Any = None,
        **ignored: Any,
    ) -> None:
        """Do nothing: floating IPs move with the instance, when its migration is finished."""
        uuid = arguments.parse_uuid("instance_uuid", instance_uuid)
        LOG.debug("instance %s: leaves host %s for %s", uuid, source, dest)

    @rpc_method(
        "1.1",
        InstanceNotFound,
        HostDisabled,
        NoMoreFixedIps,
        NotWired,
        route=Route.SHARED_OR_HOST,
    )
    def migrate_instance_finish(
        self,
        context: Context,
        instance_uuid: Any,
        *,
        source: Any = None,
        dest: Any = None,
        host: Any = None,
        floating_addresses: Any = None,
        **ignored: Any,
    ) -> Future[None] | None:
        """Record that an instance runs on ``dest``, and wait until its hosts have wired it.

        Its addresses and floating IPs move with it.
        """
        arguments.require_admin(context, "move instances")
        return self._migrations.finish(
            arguments.parse_uuid("instance_uuid", instance_uuid),
            arguments.parse_host_name("dest", host if dest is None else dest),
        )
