"""Use cases of single addresses: an instance gets one more, or releases one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address

from cloudnet.common.errors import (
    FixedIpAlreadyInUse,
    FixedIpAssociateFailed,
    FixedIpNotFoundForAddress,
    FixedIpNotFoundForNetwork,
    FixedIpNotFoundForSpecificInstance,
    NetworkNotFoundForProject,
)
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import Guest, SnapshotKey
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.caller import ADMIN, Caller
from cloudnet.controller.service.dns.instances import record_names, update_instance_entries
from cloudnet.controller.service.instances.allocation import Allocation, BootRequest
from cloudnet.controller.service.instances.instances import lock_instance
from cloudnet.controller.service.instances.release import release_instance
from cloudnet.controller.service.networks.lookup import find_network_uuid, get_network, may_see
from cloudnet.controller.service.networks.network_selection import RequestedNetwork
from cloudnet.controller.service.vifs.macs import MacCandidates

LOG = logging.getLogger(__name__)


class InstanceAddresses:
    """Adds and releases single addresses of instances."""

    def __init__(
        self, database: Database, settings: ControllerSettings, notifier: HostNotifier, clock: Clock
    ) -> None:
        self._database = database
        self._settings = settings
        self._notifier = notifier
        self._clock = clock

    def add(
        self,
        instance: str,
        network: str | int,
        address: IPv4Address | None = None,
        caller: Caller = ADMIN,
    ) -> IPv4Address:
        """Give an instance one more address on a network, and return it.

        A VIF that the instance has there gets it, otherwise a new one.

        :param network: its uuid or its number
        :raises InstanceNotFound: there is no such instance
        :raises NetworkNotFoundForUUID: there is no such network
        :raises NoMoreFixedIps: the network has no free address
        """
        macs = MacCandidates(self._settings.mac_attempts)

        def work(connection: Connection) -> tuple[Guest, Allocation]:
            row = lock_instance(connection, instance, caller)
            uuid = find_network_uuid(connection, network)
            boot = BootRequest(
                instance,
                row.project_id,
                row.host,
                row.hostname,
                requested=(RequestedNetwork(uuid, address),),
            )
            allocation = Allocation(connection, boot, self._settings, macs, self._clock())
            guest = allocation.add_address()
            self._update_dns(connection, instance, allocation.changed)
            return guest, allocation

        try:
            guest, allocation = self._database.write(work)
        except Conflict as conflict:
            raise FixedIpAssociateFailed(
                f"instance {instance}: other calls were first in every attempt; try again"
            ) from conflict
        self._notifier.notify_hosts(allocation.changed)
        LOG.info("instance %s: %s added", instance, guest.address)
        return guest.address

    def remove(self, instance: str, address: IPv4Address, caller: Caller = ADMIN) -> None:
        """Release one address of an instance; a VIF without any other is released with it.

        :raises InstanceNotFound: there is no such instance
        :raises FixedIpNotFoundForSpecificInstance: it does not have the address
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            lock_instance(connection, instance, caller)
            only = [RequestedNetwork("", address)]
            changed = release_instance(connection, instance, only, self._clock())
            if not changed:
                raise FixedIpNotFoundForSpecificInstance(
                    f"instance {instance} does not have the address {address}"
                )
            self._update_dns(connection, instance, changed)
            return changed

        self._notifier.notify_hosts(self._database.write(work))
        LOG.info("instance %s: %s removed", instance, address)

    def release(
        self, address: IPv4Address, instance: str | None = None, caller: Caller = ADMIN
    ) -> None:
        """Release an address, whoever has it; if it is released already, that is success.

        :param instance: the one that must have it; None: any
        :raises FixedIpNotFoundForAddress: no instance has it
        """
        with self._database.reading() as connection:
            row = address_rows.get_by_address(connection, address)
        if row is None or row.instance_uuid is None:
            raise FixedIpNotFoundForAddress(f"no instance has the address {address}")
        if instance not in {None, row.instance_uuid}:
            raise FixedIpNotFoundForSpecificInstance(
                f"instance {instance} does not have the address {address}; another one has it"
            )
        if row.allocated:
            self.remove(row.instance_uuid, address, caller)

    def validate(self, requested: Sequence[RequestedNetwork], caller: Caller = ADMIN) -> None:
        """Refuse requested networks and addresses that a boot would not get.

        :raises NetworkNotFoundForUUID: there is no such network
        :raises NetworkNotFoundForProject: the caller's project may not use it
        :raises FixedIpNotFoundForNetwork: the address is not one of the network's pool
        :raises FixedIpAlreadyInUse: an instance or a host has the address
        """
        with self._database.reading() as connection:
            for request in requested:
                _validate(connection, request, caller)

    def _update_dns(
        self, connection: Connection, instance: str, changed: Iterable[SnapshotKey]
    ) -> None:
        domain = self._settings.instance_dns_domain
        update_instance_entries(connection, instance, domain, self._clock())
        if self._settings.update_dns_entries:
            record_names(connection, changed, self._clock())


def _validate(connection: Connection, request: RequestedNetwork, caller: Caller) -> None:
    network = get_network(connection, request.network)
    if not may_see(caller, network):
        raise NetworkNotFoundForProject(
            f"networks: project {caller.project} has no network {request.network}"
        )
    address = request.address
    if address is None:
        return
    if address not in network.cidr:
        other = network_rows.find_containing(connection, address)
        if other is None:
            raise FixedIpNotFoundForAddress(f"networks: no network contains {address}")
        raise FixedIpNotFoundForNetwork(f"networks: {address} is not in network {network.label}")
    row = address_rows.get_by_address(connection, address)
    if row is not None and (row.instance_uuid is not None or row.host is not None):
        raise FixedIpAlreadyInUse(f"networks: {address} is in use; request another")
    position = network.position_of(address)
    if not network.pool_start <= position <= network.pool_end or row is not None:
        raise FixedIpNotFoundForNetwork(
            f"networks: {address} is reserved on network {network.label}; request another"
        )
