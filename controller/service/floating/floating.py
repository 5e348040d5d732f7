"""The use cases around floating IPs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import TypeVar

from cloudnet.common.errors import FloatingIpAssociateFailed
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import FloatingIp, SnapshotKey
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.caller import Caller
from cloudnet.controller.service.floating.allocation import (
    allocate_floating_ip,
    deallocate_floating_ip,
)
from cloudnet.controller.service.floating.association import (
    associate_floating_ip,
    disassociate_floating_ip,
)
from cloudnet.controller.service.floating.lookup import find_floating_ip, lost_race

LOG = logging.getLogger(__name__)

T = TypeVar("T")

FloatingIpWithTarget = tuple[FloatingIp, str | None, IPv4Address | None]  # instance, fixed address


class FloatingIps:
    """Lists, allocates and associates floating IPs."""

    def __init__(
        self, database: Database, settings: ControllerSettings, notifier: HostNotifier, clock: Clock
    ) -> None:
        self._database = database
        self._settings = settings
        self._notifier = notifier
        self._clock = clock

    def list_pools(self) -> list[str]:
        """Return the names of the pools."""
        with self._database.reading() as connection:
            return floating_rows.list_pools(connection)

    def list_with_targets(self, host: str | None = None) -> list[FloatingIpWithTarget]:
        """Return all floating IPs (on a host if given) with the instance and address of each."""
        with self._database.reading() as connection:
            targets = floating_rows.list_targets(connection)
            return [
                (floating, *targets.get(floating.id, (None, None)))
                for floating in floating_rows.list_floating_ips(connection, host)
            ]

    def allocate(
        self, caller: Caller, project: str, pool: str | None = None, *, auto_assigned: bool = False
    ) -> IPv4Address:
        """Allocate a floating IP of a pool to a project.

        :raises FloatingIpPoolNotFound: there is no such pool
        :raises FloatingIpLimitExceeded: the project has its quota; auto-assigned ones do not count
        :raises NoMoreFloatingIps: the pool has no free address
        """
        caller.require_access(f"a floating IP of {project}", project)

        def work(connection: Connection) -> FloatingIp:
            return allocate_floating_ip(
                connection,
                project,
                pool or self._settings.default_floating_pool,
                self._clock(),
                default_quota=self._settings.quota_floating_ips,
                auto_assigned=auto_assigned,
            )

        address = self._database.write(work).address
        LOG.info("floating IP %s: allocated to project %s", address, project)
        return address

    def deallocate(
        self, caller: Caller, address: IPv4Address, *, affect_auto_assigned: bool = False
    ) -> None:
        """Return a floating IP to its pool; an auto-assigned one stays with its instance.

        :raises FloatingIpAssociated: it is associated with a guest
        """

        def work(connection: Connection) -> bool:
            floating = find_floating_ip(connection, caller, address)
            if floating.auto_assigned and not affect_auto_assigned:
                return False
            if not deallocate_floating_ip(connection, floating, self._clock()):
                raise lost_race(floating)
            return True

        if self._change(address, work):
            self._notifier.notify_dns()
            LOG.info("floating IP %s: returned to its pool", address)

    def associate(
        self,
        caller: Caller,
        address: IPv4Address,
        fixed: IPv4Address,
        *,
        affect_auto_assigned: bool = False,
    ) -> str | None:
        """Associate a floating IP with a fixed one, instead of the one that it had.

        Returns the uuid of the instance that loses the floating IP, or None.
        """

        def work(connection: Connection) -> tuple[str | None, set[SnapshotKey]]:
            floating = find_floating_ip(connection, caller, address)
            return associate_floating_ip(
                connection,
                caller,
                floating,
                fixed,
                self._clock(),
                affect_auto_assigned=affect_auto_assigned,
            )

        loser, changed = self._change(address, work, idempotent=True)
        self._notifier.notify_hosts(changed)
        if changed:
            LOG.info("floating IP %s: associated with %s", address, fixed)
        return loser

    def disassociate(
        self, caller: Caller, address: IPv4Address, *, affect_auto_assigned: bool = False
    ) -> None:
        """Disassociate a floating IP from its fixed one; it stays with the project.

        :raises FloatingIpNotAssociated: it is associated with none
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            floating = find_floating_ip(connection, caller, address)
            return disassociate_floating_ip(
                connection, floating, self._clock(), affect_auto_assigned=affect_auto_assigned
            )

        self._notifier.notify_hosts(self._change(address, work))
        LOG.info("floating IP %s: disassociated", address)

    def _change(
        self, address: IPv4Address, work: Callable[[Connection], T], *, idempotent: bool = False
    ) -> T:
        try:
            return self._database.write(work, idempotent=idempotent)
        except Conflict as conflict:
            raise FloatingIpAssociateFailed(
                f"{address}: other calls were first in every attempt; try again"
            ) from conflict
