"""Calls around a migration: prepare the destination, move the instance, clear the source."""

from __future__ import annotations

from collections.abc import Iterable

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context
from cloudnet.common.client.encoding import Address


class MigrationCalls(Calls):
    """What a compute service calls when an instance goes to another host.

    The order is ``setup_networks_on_host`` for the destination, the move of the guest,
    ``migrate_instance_finish``, ``setup_networks_on_host`` with ``teardown`` for the source. A
    migration that fails before ``migrate_instance_finish`` ends with ``teardown`` for the
    destination.
    """

    def setup_networks_on_host(
        self, context: Context, instance_id: str, host: str, *, teardown: bool = False
    ) -> None:
        """Bring the instance's networks to a host, or take them back.

        Return when the host has them. It keeps them until the instance has come or ``teardown``;
        a host on which the instance runs keeps its networks in any case. Repeatable.

        :param instance_id: its uuid
        :param host: the destination, or with ``teardown`` the host that is left
        :raises NotWired: the host does not have them after ``[cloudnet] wiring_timeout``; the
            message has its reasons
        :raises InstanceNotFound: there is no such instance
        :raises HostDisabled: an operator has disabled the host; choose another one
        :raises NoMoreFixedIps: a multi-host network has no address left for the host itself
        """
        self._call(
            context,
            "setup_networks_on_host",
            instance_id=instance_id,
            host=host,
            teardown=teardown,
        )

    def migrate_instance_start(
        self,
        context: Context,
        instance_uuid: str,
        *,
        source: str | None = None,
        dest: str | None = None,
        floating_addresses: Iterable[Address] | None = None,
    ) -> None:
        """Do nothing: floating IPs move with the instance, when its migration is finished.

        nova calls this before the move; a compute service of your own can leave it out.
        """
        self._call(
            context,
            "migrate_instance_start",
            instance_uuid=instance_uuid,
            source=source,
            dest=dest,
            floating_addresses=floating_addresses,
        )

    def migrate_instance_finish(
        self,
        context: Context,
        instance_uuid: str,
        dest: str,
        *,
        source: str | None = None,
        floating_addresses: Iterable[Address] | None = None,
    ) -> None:
        """Record that the instance runs on ``dest``, and return when its hosts have wired it.

        Its addresses and floating IPs move with it. An administrator's call. Repeatable.

        :param source: accepted for callers of nova's method, and not needed
        :param floating_addresses: accepted for callers of nova's method: all move
        :raises NotWired: they have not wired it after ``[cloudnet] wiring_timeout``; the instance
            is recorded on ``dest`` nevertheless. Repeat the call, or ``wait_until_wired``
        :raises InstanceNotFound: there is no such instance
        :raises HostDisabled: an operator has disabled ``dest``
        :raises NoMoreFixedIps: a multi-host network has no address left for ``dest`` itself
        """
        self._call(
            context,
            "migrate_instance_finish",
            instance_uuid=instance_uuid,
            source=source,
            dest=dest,
            floating_addresses=floating_addresses,
        )
