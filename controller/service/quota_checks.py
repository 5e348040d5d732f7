"""Checks of quotas in the transaction that takes: it counts alone, project by project."""

from __future__ import annotations

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import quotas as quota_rows
from cloudnet.controller.model import quotas


def check_fixed_ips(connection: Connection, project: str, wanted: int, default: int) -> None:
    """Refuse fixed IPs that would exceed a project's quota, whatever their networks.

    :raises FixedIpLimitExceeded: they would
    """
    limit = _lock_limit(connection, project, quotas.FIXED_IPS, default)
    if limit != quotas.NO_LIMIT:
        used = address_rows.count_for_project(connection, project)
        quotas.check_quota(quotas.FIXED_IPS, project, limit=limit, used=used, wanted=wanted)


def check_floating_ips(connection: Connection, project: str, default: int) -> None:
    """Refuse a floating IP that would exceed a project's quota.

    :raises FloatingIpLimitExceeded: it would
    """
    limit = _lock_limit(connection, project, quotas.FLOATING_IPS, default)
    if limit != quotas.NO_LIMIT:
        used = floating_rows.count_for_project(connection, project)
        quotas.check_quota(quotas.FLOATING_IPS, project, limit=limit, used=used)


def _lock_limit(connection: Connection, project: str, resource: str, default: int) -> int:
    """Return a project's limit; if there is one, no other transaction counts before this ends."""
    own = quota_rows.get_limit(connection, project, resource)
    limit = default if own is None else own
    if limit != quotas.NO_LIMIT:
        quota_rows.lock_project(connection, project)
    return limit
