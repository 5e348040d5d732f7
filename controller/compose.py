"""Build the use cases over one database, for the controller and for ``cloudnet-manage`` alike.

The queue library is not imported here: a command that only reads does not need it. A program whose
changes hosts must be notified of passes a notifier that does it.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.db.engine import Database
from cloudnet.controller.model.clock import Clock, utc_now
from cloudnet.controller.notify.port import ChangeSink, HostNotifier, NullSink
from cloudnet.controller.service.addresses.fixed import FixedIps
from cloudnet.controller.service.addresses.sweep import Sweeper
from cloudnet.controller.service.consistency import Consistency
from cloudnet.controller.service.dns.dns import Dns
from cloudnet.controller.service.floating.floating import FloatingIps
from cloudnet.controller.service.floating.pools import FloatingPools
from cloudnet.controller.service.hosts.administration import HostAdministration
from cloudnet.controller.service.hosts.agents import HostAgents
from cloudnet.controller.service.hosts.heartbeats import Heartbeats
from cloudnet.controller.service.hosts.leases import Leases
from cloudnet.controller.service.hosts.overview import Overview
from cloudnet.controller.service.hosts.reports import HostReports
from cloudnet.controller.service.hosts.restored import Periods
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from cloudnet.controller.service.hosts.waiter import Waiter
from cloudnet.controller.service.instances.addresses import InstanceAddresses
from cloudnet.controller.service.instances.instances import Instances
from cloudnet.controller.service.instances.wiring import Wiring
from cloudnet.controller.service.lookups import Lookups
from cloudnet.controller.service.migrations.migrations import Migrations
from cloudnet.controller.service.networks.networks import Networks
from cloudnet.controller.service.networks.peers import list_peers
from cloudnet.controller.service.operations import Operations
from cloudnet.controller.service.quotas import Quotas


@dataclass(frozen=True)
class Services:
    """All use cases over one database."""

    database: Database
    instances: Instances
    addresses: InstanceAddresses
    wiring: Wiring
    waiter: Waiter
    migrations: Migrations
    networks: Networks
    floating: FloatingIps
    pools: FloatingPools
    fixed: FixedIps
    lookups: Lookups
    operations: Operations
    quotas: Quotas
    dns: Dns
    hosts: HostReports
    heartbeats: Heartbeats
    agents: HostAgents
    leases: Leases
    overview: Overview
    consistency: Consistency
    administration: HostAdministration
    sweeper: Sweeper


_NO_SINK = NullSink()


def build_services(
    settings: ControllerSettings,
    database: Database,
    notifier: HostNotifier,
    clock: Clock = utc_now,
    sink: ChangeSink = _NO_SINK,
) -> Services:
    """Return the use cases; after each commit they pass to ``notifier`` which hosts it concerns."""
    instances = Instances(database, settings, notifier, clock)
    overview = Overview(database, settings.service_down_seconds, clock)
    waiter = Waiter(database)
    wiring = Wiring(instances, overview, waiter, settings.wiring_seconds)
    snapshots = SnapshotReader(database, clock, names_peers=settings.update_dns_entries)
    return Services(
        database=database,
        instances=instances,
        addresses=InstanceAddresses(database, settings, notifier, clock),
        wiring=wiring,
        waiter=waiter,
        migrations=Migrations(
            database,
            instances,
            wiring,
            overview,
            waiter,
            notifier,
            clock,
            settings.wiring_seconds,
        ),
        networks=Networks(
            database, settings.networks, notifier, clock, lambda: list_peers(settings)
        ),
        floating=FloatingIps(database, settings, notifier, clock),
        pools=FloatingPools(database, settings.default_floating_pool, clock),
        fixed=FixedIps(database, clock),
        lookups=Lookups(database),
        operations=Operations(database, sink, clock),
        quotas=Quotas(database, settings, clock),
        dns=Dns(database, notifier, clock),
        hosts=HostReports(
            database,
            snapshots,
            Periods.of(settings.service_down_seconds, settings.report_interval_seconds),
            clock,
        ),
        heartbeats=Heartbeats(database, clock),
        agents=HostAgents(database, clock),
        leases=Leases(database, settings.lease_seconds, clock),
        overview=overview,
        consistency=Consistency(database),
        administration=HostAdministration(database, settings.service_down_seconds, clock),
        sweeper=Sweeper(database, settings.quarantine_seconds, clock),
    )
