"""What the controller's tests are made of: a world with a database, a clock and no hosts."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from cloudnet.common.objects import (
    Applied,
    FixedRanges,
    Lease,
    NetworkSnapshot,
    Picture,
    Problem,
    Report,
    Snapshot,
    Topology,
)
from cloudnet.common.settings.views import ControllerSettings, NetworkDefaults, RpcSettings
from cloudnet.controller import schema
from cloudnet.controller.announce import Casts
from cloudnet.controller.compose import Services, services
from cloudnet.controller.records import Network
from cloudnet.controller.service.allocation import Boot
from cloudnet.controller.service.choice import Request
from cloudnet.controller.service.creation import NetworkWish

SETTINGS = ControllerSettings(
    host="controller",
    rpc=RpcSettings("fake://", "nova", 5),
    database="",
    networks=NetworkDefaults(
        topology=Topology.VLAN,
        multi_host=False,
        network_host="node1",
        fixed_range=IPv4Network("10.0.0.0/8"),
        num_networks=1,
        network_size=1024,
        vlan_start=100,
        vlan_interface="eth0",
        flat_network_bridge=None,
        flat_interface=None,
        dns1=IPv4Address("8.8.4.4"),
        vpn_clients=0,
    ),
    quarantine_seconds=30,
    mac_attempts=5,
    default_floating_pool="nova",
    public_interface=None,
    quota_floating_ips=10,
    quota_fixed_ips=-1,
    report_interval_seconds=10,
    service_down_seconds=60,
    workers=8,
)


def multi_host_settings() -> ControllerSettings:
    return replace(
        SETTINGS, networks=replace(SETTINGS.networks, multi_host=True, network_host=None)
    )


def flat_settings() -> ControllerSettings:
    flat = replace(SETTINGS.networks, topology=Topology.FLATDHCP, flat_network_bridge="br-flat")
    return replace(SETTINGS, networks=flat)


def instance(number: int) -> str:
    """A uuid that a reader can tell from others."""
    return str(UUID(int=number))


@dataclass
class Clock:
    """Time as the test wants it."""

    now: datetime = field(default=datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Heard:
    """Casts that arrive: the hosts' ears."""

    snapshots: list[Snapshot] = field(default_factory=list)
    all_ranges: list[FixedRanges] = field(default_factory=list)

    def snapshot(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def ranges(self, ranges: FixedRanges) -> None:
        self.all_ranges.append(ranges)


@dataclass
class World:
    """The use cases, and short words for what tests do with them."""

    services: Services
    clock: Clock
    settings: ControllerSettings

    def network(self, label: str = "private", size: int = 16, **wanted: Any) -> Network:
        wish = NetworkWish(label, num_networks=1, network_size=size, **wanted)
        return self.services.networks.create(wish)[0]

    def boot(
        self,
        number: int,
        project: str = "a",
        host: str = "node1",
        *networks: tuple[Network, str | None],
        **more: Any,
    ) -> list[dict[str, Any]]:
        requested = tuple(
            Request(network.uuid, None if address is None else IPv4Address(address))
            for network, address in networks
        )
        return self.services.instances.allocate(
            Boot(instance(number), project, host, requested=requested, **more)
        )

    def address(self, number: int, project: str = "a", host: str = "node1") -> str:
        """Boot an instance with one NIC and return its address."""
        return addresses(self.boot(number, project, host))[0]

    def delete(self, number: int) -> None:
        self.services.instances.deallocate(instance(number))

    def info(self, number: int) -> list[dict[str, Any]]:
        return self.services.instances.network_info(instance(number))

    def end_quarantine(self) -> None:
        self.clock.pass_seconds(self.settings.quarantine_seconds + 1)
        self.services.sweeper.sweep()

    def report(
        self,
        host: str,
        *applied: Snapshot,
        leases: tuple[Lease, ...] | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> Picture:
        stands = tuple(Applied(snapshot.network, snapshot.revision) for snapshot in applied)
        return self.services.hosts.report(Report(host, stands, problems, leases))

    def snapshot(self, host: str) -> NetworkSnapshot:
        """The one network that a host should have."""
        (snapshot,) = self.report(host).behind
        assert isinstance(snapshot, NetworkSnapshot)
        return snapshot

    def rows(self, sql: str) -> list[Any]:
        with self.services.database.reading() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql))]

    def one(self, sql: str) -> Any:
        ((value,),) = self.rows(sql)
        return value


def addresses(info: list[dict[str, Any]]) -> list[str]:
    return [vif["network"]["subnets"][0]["ips"][0]["address"] for vif in info]


@contextmanager
def a_world(
    folder: Path, settings: ControllerSettings = SETTINGS, casts: Casts | None = None
) -> Iterator[World]:
    path = folder / "cloudnet.sqlite"
    shutil.copy(empty_database(), path)
    told = replace(settings, database=f"sqlite:///{path}")
    clock = Clock()
    with services(told, casts, clock) as made:
        yield World(made, clock, told)


@cache
def empty_database() -> Path:
    """Migrated once for all tests, then copied; it goes when the tests end."""
    folder = TemporaryDirectory(prefix="cloudnet-empty-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "empty.sqlite"
    schema.upgrade(f"sqlite:///{path}")
    return path
