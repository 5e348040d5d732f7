"""The use cases of a compute service: instances get addresses, move, and release what they have."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence

from cloudnet.common.errors import FixedIpAssociateFailed, InstanceNotFound
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.nwinfo import format_network_info
from cloudnet.controller.model.records import Instance, SnapshotKey
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.caller import ADMIN, Caller
from cloudnet.controller.service.dns.instances import record_names, update_instance_entries
from cloudnet.controller.service.instances.allocation import Allocation, BootRequest
from cloudnet.controller.service.instances.release import release_instance
from cloudnet.controller.service.migrations.move import move_instance
from cloudnet.controller.service.networks.network_selection import RequestedNetwork
from cloudnet.controller.service.vifs.macs import MacCandidates, RandomBytes
from cloudnet.controller.service.vifs.vif_info import list_vif_info

LOG = logging.getLogger(__name__)


class Instances:
    """Allocates and releases what instances have."""

    def __init__(
        self,
        database: Database,
        settings: ControllerSettings,
        notifier: HostNotifier,
        clock: Clock,
        *,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._random_bytes = random_bytes
        self._database = database
        self._settings = settings
        self._notifier = notifier
        self._clock = clock

    def allocate(self, boot: BootRequest, caller: Caller = ADMIN) -> list[JsonObject]:
        """Allocate for an instance and return its network info, as :meth:`run_allocation` does."""
        return format_network_info(self.run_allocation(boot, caller).vifs, boot.rxtx_factor)

    def run_allocation(self, boot: BootRequest, caller: Caller = ADMIN) -> Allocation:
        """Give the instance a VIF and an address on each of its networks, all or none.

        An instance that has some already keeps them, also if it is on another host now.

        :raises NoMoreFixedIps: a network has no free address
        :raises NoMoreNetworks: the project has no network and none is free
        """
        caller.require_access(f"an instance of {boot.project}", boot.project)
        macs = MacCandidates(self._settings.mac_attempts, boot.macs, self._random_bytes)

        def work(connection: Connection) -> Allocation:
            allocation = Allocation(connection, boot, self._settings, macs, self._clock()).run()
            if allocation.changed:
                self._update_dns(connection, boot.instance, allocation.changed)
            return allocation

        try:
            allocation = self._database.write(work, idempotent=True)
        except Conflict as conflict:
            raise FixedIpAssociateFailed(
                f"instance {boot.instance}: other calls were first in every attempt; try again"
            ) from conflict
        self._notifier.notify_hosts(allocation.changed)
        for vif in allocation.vifs if allocation.changed else ():
            LOG.info(
                "instance %s: %s allocated on network %s, host %s",
                boot.instance,
                vif.guest.address,
                vif.network.label,
                boot.host,
            )
        return allocation

    def get_network_info(
        self, instance: str, rxtx_factor: float | None = None, caller: Caller = ADMIN
    ) -> list[JsonObject]:
        """Return the network info of an instance.

        :raises InstanceNotFound: there is no such instance
        """
        with self._database.reading() as connection:
            get_instance(connection, instance, caller)
            guests = guest_rows.list_for_instance(connection, instance)
            return format_network_info(list_vif_info(connection, guests), rxtx_factor)

    def move(self, instance: str, host: str) -> None:
        """Move an instance to another host; if it is there already, that is success.

        :raises InstanceNotFound: there is no such instance
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            row = lock_instance(connection, instance)
            if row.host == host:
                return set()
            guests = guest_rows.list_for_instance(connection, instance)
            return move_instance(connection, row, guests, host, self._clock())

        changed = self._database.write(work, idempotent=True)
        self._notifier.notify_hosts(changed)
        if changed:
            LOG.info("instance %s: moved to host %s", instance, host)

    def deallocate(
        self, instance: str, only: Sequence[RequestedNetwork] = (), caller: Caller = ADMIN
    ) -> None:
        """Release all that an instance has (or ``only`` this); having nothing is success."""

        def work(connection: Connection) -> set[SnapshotKey]:
            row = instance_rows.lock(connection, instance)
            if row is None:
                return set()
            caller.require_access(f"instance {instance}", row.project_id)
            changed = release_instance(connection, instance, only, self._clock())
            self._update_dns(connection, instance, changed)
            return changed

        changed = self._database.write(work, idempotent=True)
        self._notifier.notify_hosts(changed)
        if changed:
            LOG.info("instance %s: deallocated", instance)
        else:
            LOG.debug("instance %s: nothing to deallocate", instance)

    def _update_dns(
        self, connection: Connection, instance: str, changed: Iterable[SnapshotKey]
    ) -> None:
        domain = self._settings.instance_dns_domain
        update_instance_entries(connection, instance, domain, self._clock())
        if self._settings.update_dns_entries:
            record_names(connection, changed, self._clock())


def get_instance(connection: Connection, instance: str, caller: Caller = ADMIN) -> Instance:
    """Return the row of an instance.

    :raises InstanceNotFound: there is none
    :raises Forbidden: it belongs to another project
    """
    return _check_instance(instance_rows.get(connection, instance), instance, caller)


def lock_instance(connection: Connection, instance: str, caller: Caller = ADMIN) -> Instance:
    """Return the row of an instance, and keep what it has until the transaction ends.

    :raises InstanceNotFound: there is none
    :raises Forbidden: it belongs to another project
    """
    return _check_instance(instance_rows.lock(connection, instance), instance, caller)


def _check_instance(row: Instance | None, instance: str, caller: Caller) -> Instance:
    if row is None:
        raise InstanceNotFound(f"instance {instance} is unknown: it has no address on any network")
    caller.require_access(f"instance {instance}", row.project_id)
    return row
