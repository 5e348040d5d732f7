"""What a compute service asks for: an instance gets its addresses, has them, gives them back."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence

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
from cloudnet.controller.service.instances.allocation import Allocation, BootRequest
from cloudnet.controller.service.instances.release import release_instance
from cloudnet.controller.service.migrations.move import move_instance
from cloudnet.controller.service.networks.network_selection import RequestedNetwork
from cloudnet.controller.service.vifs.macs import MacCandidates, RandomBytes
from cloudnet.controller.service.vifs.vif_info import list_vif_info

LOG = logging.getLogger(__name__)


class Instances:
    """The use cases around one instance."""

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
        """Give the instance a VIF and an address on each of its networks, all or nothing.

        An instance that has some already keeps them, also when it is on another host now.

        :raises NoMoreFixedIps: a network is full
        :raises NoMoreNetworks: the project has no network and none is free
        """
        caller.require_access(f"an instance of {boot.project}", boot.project)
        macs = MacCandidates(self._settings.mac_attempts, boot.macs, self._random_bytes)

        def claim(connection: Connection) -> Allocation:
            return Allocation(connection, boot, self._settings, macs, self._clock()).run()

        try:
            done = self._database.write(claim)
        except Conflict as conflict:
            raise FixedIpAssociateFailed(
                f"instance {boot.instance}: others were faster in every try; try again"
            ) from conflict
        self._notifier.notify_hosts(done.touched)
        for one in done.vifs if done.touched else ():
            LOG.info(
                "allocate %s on network %s to instance %s on %s",
                one.guest.address,
                one.network.label,
                boot.instance,
                boot.host,
            )
        return format_network_info(done.vifs, boot.rxtx_factor)

    def get_network_info(
        self, instance: str, rxtx_factor: float | None = None, caller: Caller = ADMIN
    ) -> list[JsonObject]:
        """Return what the instance has.

        :raises InstanceNotFound: no such instance is known
        """
        with self._database.reading() as connection:
            known = _known(connection, instance)
            caller.require_access(f"instance {instance}", known.project_id)
            guests = guest_rows.list_for_instance(connection, instance)
            return format_network_info(list_vif_info(connection, guests), rxtx_factor)

    def move(self, instance: str, host: str) -> None:
        """Put the instance on another host; there already is success.

        :raises InstanceNotFound: no such instance is known
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            known = _known(connection, instance)
            if known.host == host:
                return set()
            guests = guest_rows.list_for_instance(connection, instance)
            return move_instance(connection, known, guests, host, self._clock())

        touched = self._database.write(work)
        self._notifier.notify_hosts(touched)
        if touched:
            LOG.info("move instance %s to %s", instance, host)

    def deallocate(
        self, instance: str, only: Sequence[RequestedNetwork] = (), caller: Caller = ADMIN
    ) -> None:
        """Take from the instance all it has (or ``only`` this); nothing to take is success."""

        def work(connection: Connection) -> set[SnapshotKey]:
            known = instance_rows.get(connection, instance)
            if known is None:
                return set()
            caller.require_access(f"instance {instance}", known.project_id)
            return release_instance(connection, instance, only, self._clock())

        touched = self._database.write(work)
        self._notifier.notify_hosts(touched)
        if touched:
            LOG.info("deallocate instance %s", instance)
        else:
            LOG.debug("instance %s has nothing to give back", instance)


def _known(connection: Connection, instance: str) -> Instance:
    known = instance_rows.get(connection, instance)
    if known is None:
        raise InstanceNotFound(f"instance {instance} is not known here")
    return known
