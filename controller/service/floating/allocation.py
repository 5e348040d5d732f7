"""Transactions in which projects get floating IPs of a pool and return them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cloudnet.common.errors import (
    FloatingIpAllocateFailed,
    FloatingIpAssociated,
    FloatingIpPoolNotFound,
    NoMoreFloatingIps,
)
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import dns as dns_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.model import quotas
from cloudnet.controller.model.records import FloatingIp, Guest
from cloudnet.controller.service.quota_checks import check_floating_ips

ATTEMPTS = 8  # to claim an address before another transaction does
CANDIDATES = 16  # of which other transactions may be about to take some


def allocate_floating_ip(
    connection: Connection,
    project: str,
    pool: str,
    now: datetime,
    *,
    default_quota: int,
    auto_assigned: bool,
) -> FloatingIp:
    """Give a project the floating IP of a pool that has been free longest.

    :raises FloatingIpPoolNotFound: there is no such pool
    :raises FloatingIpLimitExceeded: the project has its quota; auto-assigned ones do not count
    :raises NoMoreFloatingIps: the pool has no free address
    :raises FloatingIpAllocateFailed: other calls were first in every try
    """
    if not floating_rows.has_pool(connection, pool):
        raise FloatingIpPoolNotFound(
            f"there is no floating IP pool {pool!r}; create it with "
            "`cloudnet-manage floating create --pool`"
        )
    if not auto_assigned:
        check_floating_ips(connection, project, default_quota)
    for _ in range(ATTEMPTS):
        free = floating_rows.list_free(connection, pool, CANDIDATES)
        if not free:
            raise NoMoreFloatingIps(
                f"pool {pool!r} has no free floating IP; release some or create more with "
                "`cloudnet-manage floating create`"
            )
        # If other transactions are about to take all of them, wait for the end of the first one.
        locked = (each for each in free if floating_rows.try_lock(connection, each))
        chosen = next(locked, free[0])
        if floating_rows.claim(connection, chosen, project, now, auto_assigned=auto_assigned):
            return chosen
    raise FloatingIpAllocateFailed(
        f"pool {pool!r}: other calls got the floating IP in each of {ATTEMPTS} tries; try again"
    )


def assign_floating_ip(
    connection: Connection, guest: Guest, host: str | None, pool: str, now: datetime
) -> FloatingIp:
    """Give a guest a floating IP that is released with it; it does not count for the quota.

    :param host: the gateway of the guest
    :raises FloatingIpPoolNotFound: there is no such pool
    :raises NoMoreFloatingIps: the pool has no free address
    """
    floating = allocate_floating_ip(
        connection, guest.project, pool, now, default_quota=quotas.NO_LIMIT, auto_assigned=True
    )
    owned = replace(floating, project_id=guest.project)
    floating_rows.set_target(connection, owned, fixed_ip_id=guest.fixed_ip_id, host=host, now=now)
    return floating


def deallocate_floating_ip(connection: Connection, floating: FloatingIp, now: datetime) -> bool:
    """Return a floating IP to its pool; return False if another transaction was first.

    :raises FloatingIpAssociated: it is associated with a guest
    """
    if floating.fixed_ip_id is not None:
        raise FloatingIpAssociated(f"{floating.address} is associated; disassociate it first")
    return release_floating_ip(connection, floating, now)


def release_floating_ip(connection: Connection, floating: FloatingIp, now: datetime) -> bool:
    """Take a floating IP, and its names in all DNS domains, from its project.

    Return False if another transaction was first.
    """
    if not floating_rows.release(connection, floating, now):
        return False
    dns_rows.delete_address(connection, floating.address)
    return True
