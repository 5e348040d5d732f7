"""How the parts fit together, for the controller and for ``cloudnet-manage`` alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.db.engine import Database
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.notify.port import HostNotifier, NullNotifier
from cloudnet.controller.notify.queued import Caster, QueuedNotifier
from cloudnet.controller.service.addresses.fixed import FixedIps
from cloudnet.controller.service.addresses.sweep import Sweeper
from cloudnet.controller.service.floating.floating import FloatingIps
from cloudnet.controller.service.floating.pools import FloatingPools
from cloudnet.controller.service.hosts.reports import HostReports
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from cloudnet.controller.service.instances.instances import Instances
from cloudnet.controller.service.networks.networks import Networks

MOST_CONNECTIONS = 20  # what answers more calls at once than this waits for the database anyway


@dataclass(frozen=True)
class Services:
    """All use cases over one database."""

    database: Database
    instances: Instances
    networks: Networks
    floating: FloatingIps
    pools: FloatingPools
    fixed: FixedIps
    hosts: HostReports
    sweeper: Sweeper


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


@contextmanager
def services(
    settings: ControllerSettings,
    caster: Caster | None = None,
    clock: Clock = now,
    hear: Callable[[SnapshotReader], HostNotifier] = lambda snapshots: NullNotifier(),
) -> Iterator[Services]:
    """Yield the use cases over the configured database.

    With ``caster``, changes are told to the hosts after each commit, and what is not yet told at
    the end of the block is told then; without, they go to what ``hear`` returns, by default
    nobody: heartbeats find out.
    """
    database = Database(settings.database, connections=min(settings.workers, MOST_CONNECTIONS) + 4)
    snapshots = SnapshotReader(database)
    queued = None if caster is None else QueuedNotifier(snapshots, caster)
    notifier = hear(snapshots) if queued is None else queued
    try:
        yield Services(
            database=database,
            instances=Instances(database, settings, notifier, clock),
            networks=Networks(database, settings.networks, notifier, clock),
            floating=FloatingIps(database, settings, notifier, clock),
            pools=FloatingPools(database, settings.default_floating_pool, clock),
            fixed=FixedIps(database, clock),
            hosts=HostReports(database, snapshots, clock),
            sweeper=Sweeper(database, settings.quarantine_seconds, clock),
        )
    finally:
        if queued is not None:
            queued.close()
        database.close()
