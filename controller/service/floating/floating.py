"""Floating IPs: taken from a pool, pointed at a guest, taken off it, given back."""

from __future__ import annotations

import logging
from ipaddress import IPv4Address

from cloudnet.common.errors import (
    CannotDisassociateAutoAssignedFloatingIP,
    FixedIpNotFoundForAddress,
    FloatingIpAssociated,
    FloatingIpAssociateFailed,
    FloatingIpNotAssociated,
    FloatingIpNotFoundForAddress,
    FloatingIpPoolNotFound,
    Forbidden,
    NoMoreFloatingIps,
)
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import quotas as quota_rows
from cloudnet.controller.model import quotas
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import FloatingIp, Guest, SnapshotKey
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.caller import ADMIN, Caller
from cloudnet.controller.service.hosts import attachment

LOG = logging.getLogger(__name__)

ATTEMPTS = 8  # at a floating IP that others want at the same moment


__all__ = ["ADMIN", "Caller", "FloatingIps"]


class FloatingIps:
    """The use cases around floating IPs."""

    def __init__(
        self, database: Database, settings: ControllerSettings, notifier: HostNotifier, clock: Clock
    ) -> None:
        self._database = database
        self._settings = settings
        self._notifier = notifier
        self._clock = clock

    # -- reading -------------------------------------------------------------------------------

    def list_pools(self) -> list[str]:
        """Return the names of the pools."""
        with self._database.reading() as connection:
            return floating_rows.list_pools(connection)

    def list_for_project(self, project: str) -> list[FloatingIp]:
        """Return what a project has taken."""
        with self._database.reading() as connection:
            return floating_rows.list_for_project(connection, project)

    def get_floating_ip(self, caller: Caller, address: IPv4Address) -> FloatingIp:
        """Return one floating IP."""
        with self._database.reading() as connection:
            return _mine(connection, caller, address)

    def get_guest(self, floating: FloatingIp) -> Guest | None:
        """Return the guest that a floating IP points at."""
        with self._database.reading() as connection:
            return _holder(connection, floating)

    # -- changing ------------------------------------------------------------------------------

    def allocate(
        self, caller: Caller, project: str, pool: str | None = None, *, auto_assigned: bool = False
    ) -> IPv4Address:
        """Take a floating IP out of a pool for a project.

        :raises FloatingIpPoolNotFound: there is no such pool
        :raises FloatingIpLimitExceeded: the project has its quota; not checked for auto-assigned
        :raises NoMoreFloatingIps: the pool is empty
        """
        caller.require_access(f"a floating IP of {project}", project)
        chosen = pool or self._settings.default_floating_pool

        def work(connection: Connection) -> FloatingIp:
            if chosen not in floating_rows.list_pools(connection):
                raise FloatingIpPoolNotFound(
                    f"there is no floating IP pool {chosen!r}; create it with "
                    "`cloudnet-manage floating create --pool`"
                )
            if not auto_assigned:
                self._check_quota(connection, project)
            for _ in range(ATTEMPTS):
                free = floating_rows.lock_free(connection, chosen)
                if free is None:
                    break
                taken = floating_rows.claim(
                    connection, free, project, self._clock(), auto_assigned=auto_assigned
                )
                if taken:
                    return free
            raise NoMoreFloatingIps(
                f"pool {chosen!r} has no free floating IP; release some or create more with "
                "`cloudnet-manage floating create`"
            )

        address = self._database.write(work).address
        LOG.info("allocate floating IP %s to project %s", address, project)
        return address

    def deallocate(
        self, caller: Caller, address: IPv4Address, *, affect_auto_assigned: bool = False
    ) -> None:
        """Give a floating IP back to its pool; one that came with its instance stays.

        :raises FloatingIpAssociated: it points at a guest
        """

        def work(connection: Connection) -> bool:
            floating = _mine(connection, caller, address)
            if floating.auto_assigned and not affect_auto_assigned:
                return False
            if floating.fixed_ip_id is not None:
                raise FloatingIpAssociated(f"{address} is associated; disassociate it first")
            return floating_rows.release(connection, floating, self._clock())

        if self._database.write(work):
            LOG.info("deallocate floating IP %s", address)

    def associate(
        self,
        caller: Caller,
        address: IPv4Address,
        fixed: IPv4Address,
        *,
        affect_auto_assigned: bool = False,
    ) -> str | None:
        """Point a floating IP at a fixed one, away from where it pointed.

        Returns the uuid of the instance that lost it by this, or None.
        """

        def work(connection: Connection) -> tuple[str | None, set[SnapshotKey]]:
            floating = _mine(connection, caller, address)
            _refuse_auto_assigned(floating, affect=affect_auto_assigned)
            guest = _target(connection, caller, floating, fixed)
            if floating.fixed_ip_id == guest.fixed_ip_id:
                return None, set()
            loser = _holder(connection, floating)
            network = network_rows.get_by_id(connection, guest.network_id)
            self._point(connection, floating, guest, network.gateway_host(guest.host))
            touched = self._touch(connection, guest) | self._touch(connection, loser)
            return None if loser is None else loser.instance, touched

        loser, touched = self._database.write(work)
        self._notifier.notify_hosts(touched)
        if touched:
            LOG.info("associate floating IP %s with %s", address, fixed)
        return loser

    def disassociate(
        self, caller: Caller, address: IPv4Address, *, affect_auto_assigned: bool = False
    ) -> None:
        """Take a floating IP off its fixed one; it stays with the project.

        :raises FloatingIpNotAssociated: it points at none
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            floating = _mine(connection, caller, address)
            if floating.fixed_ip_id is None:
                raise FloatingIpNotAssociated(f"{address} is not associated with a fixed IP")
            _refuse_auto_assigned(floating, affect=affect_auto_assigned)
            guest = _holder(connection, floating)
            self._point(connection, floating, None, None)
            return self._touch(connection, guest)

        touched = self._database.write(work)
        self._notifier.notify_hosts(touched)
        LOG.info("disassociate floating IP %s", address)

    # -- inside the transaction ----------------------------------------------------------------

    def _point(
        self, connection: Connection, floating: FloatingIp, guest: Guest | None, host: str | None
    ) -> None:
        fixed_ip = None if guest is None else guest.fixed_ip_id
        done = floating_rows.set_target(
            connection, floating, fixed_ip_id=fixed_ip, host=host, now=self._clock()
        )
        if not done:
            raise FloatingIpAssociateFailed(
                f"{floating.address} was changed by somebody else at the same moment; try again"
            )

    def _touch(self, connection: Connection, guest: Guest | None) -> set[SnapshotKey]:
        if guest is None:
            return set()
        network = network_rows.get_by_id(connection, guest.network_id)
        return attachment.raise_revisions(connection, network, guest.host, self._clock())

    def _check_quota(self, connection: Connection, project: str) -> None:
        limit = quota_rows.get_limit(connection, project, quotas.FLOATING_IPS)
        limit = self._settings.quota_floating_ips if limit is None else limit
        if limit != quotas.NO_LIMIT:
            used = floating_rows.count_for_project(connection, project)
            quotas.check_quota(quotas.FLOATING_IPS, project, limit=limit, used=used)


def _mine(connection: Connection, caller: Caller, address: IPv4Address) -> FloatingIp:
    floating = floating_rows.get_by_address(connection, address)
    if floating is None:
        raise FloatingIpNotFoundForAddress(
            f"{address} is no floating IP; see `cloudnet-manage floating list`"
        )
    caller.require_access(f"floating IP {address}", floating.project_id)
    return floating


def _holder(connection: Connection, floating: FloatingIp) -> Guest | None:
    if floating.fixed_ip_id is None:
        return None
    return guest_rows.get_by_fixed_ip(connection, floating.fixed_ip_id)


def _target(
    connection: Connection, caller: Caller, floating: FloatingIp, fixed: IPv4Address
) -> Guest:
    if floating.project_id is None:
        raise FloatingIpAssociateFailed(
            f"{floating.address} belongs to no project; allocate it to one first"
        )
    guest = guest_rows.lock_by_address(connection, fixed)
    if guest is None:
        raise FixedIpNotFoundForAddress(f"no instance has the address {fixed}")
    if not caller.is_admin and guest.project != floating.project_id:
        raise Forbidden(f"{fixed} belongs to an instance of another project")
    return guest


def _refuse_auto_assigned(floating: FloatingIp, *, affect: bool) -> None:
    if floating.auto_assigned and not affect:
        raise CannotDisassociateAutoAssignedFloatingIP(
            f"{floating.address} came with its instance and goes with it; use another"
        )
