"""The operator's use cases around quotas: limits of projects, and how much of them is in use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import quotas as quota_rows
from cloudnet.controller.model import quotas
from cloudnet.controller.model.clock import Clock

LOG = logging.getLogger(__name__)

Count = Callable[[Connection, str], int]


@dataclass(frozen=True)
class Quota:
    """How much of one resource a project may have."""

    resource: str
    limit: int  # -1: no limit
    in_use: int
    set_for_project: bool  # False: the limit is the configured default


class Quotas:
    """Lists and sets the limits of projects."""

    def __init__(self, database: Database, settings: ControllerSettings, clock: Clock) -> None:
        self._database = database
        self._defaults = {
            quotas.FIXED_IPS: settings.quota_fixed_ips,
            quotas.FLOATING_IPS: settings.quota_floating_ips,
        }
        self._clock = clock

    def list_quotas(self, project: str) -> list[Quota]:
        """Return the limits of a project, and how much of them is in use."""
        with self._database.reading() as connection:
            return [
                self._quota(connection, project, quotas.FIXED_IPS, address_rows.count_for_project),
                self._quota(
                    connection, project, quotas.FLOATING_IPS, floating_rows.count_for_project
                ),
            ]

    def set_limits(self, project: str, limits: Mapping[str, int]) -> None:
        """Set a project's own limits by resource; -1: no limit."""

        def work(connection: Connection) -> None:
            for resource, limit in limits.items():
                quota_rows.set_limit(connection, project, resource, limit, self._clock())

        self._database.write(work, idempotent=True)
        for resource, limit in limits.items():
            LOG.info("project %s: limit of %s set to %d", project, resource, limit)

    def _quota(self, connection: Connection, project: str, resource: str, count: Count) -> Quota:
        own = quota_rows.get_limit(connection, project, resource)
        limit = self._defaults[resource] if own is None else own
        return Quota(resource, limit, count(connection, project), own is not None)
