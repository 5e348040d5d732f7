"""The agent behind a queue in memory: what it receives, reports and takes from the reply."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from cloudnet.agent.main import Agent
from cloudnet.common import rpc
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import (
    Applied,
    NetworkSnapshot,
    Origin,
    Report,
    ReportReply,
    Snapshot,
    Topology,
)
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.snapshots import PRIVATE, RANGES, gone, network, vif
from tests.fixtures.waiting import wait_for

CLOUDS = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
BRANCH = "00000000-0000-4000-8000-00000000000c"
SECONDS = 30  # for one change; only a host that is overloaded needs them


@dataclass
class Controller:
    """Replies to reports with ``stale``, and records them."""

    stale: tuple[Snapshot, ...] = ()
    origin: Origin | None = None
    reports: list[Report] = field(default_factory=list)

    target = messaging.Target(version=rpc.CONTROLLER_VERSION)

    def report(self, context: dict[str, Any], report: dict[str, Any]) -> Any:
        self.reports.append(from_wire(Report, report))
        return to_wire(ReportReply(RANGES, self.stale, self.origin))

    @property
    def applied(self) -> tuple[Applied, ...]:
        return self.reports[-1].applied if self.reports else ()


@pytest.fixture
def transport() -> messaging.Transport:
    return rpc.create_transport(rpc.get_default_conf(), "fake:", "nova")


@pytest.fixture
def controller(transport: messaging.Transport) -> Iterator[Controller]:
    controller = Controller()
    server = rpc.create_server(transport, rpc.CONTROLLER_TOPIC, "controller", [controller])
    server.start()
    yield controller
    server.stop()
    server.wait()


@pytest.fixture
def agent(host: Host, controller: Controller) -> Iterator[Agent]:
    in_memory = replace(settings(host.state_path).rpc, transport_url="fake:")
    agent = Agent(
        rpc.get_default_conf(),
        replace(settings(host.state_path), rpc=in_memory, report_interval_seconds=1),
    )
    thread = threading.Thread(target=agent.run)
    thread.start()
    yield agent
    agent.stop()
    thread.join(SECONDS)
    assert not thread.is_alive()


def snapshot(*, revision: int, guests: int = 1) -> NetworkSnapshot:
    vifs = tuple(vif(3 + number, f"10.0.0.{3 + number}") for number in range(guests))
    return network(host="here", revision=revision, topology=Topology.FLATDHCP, vlan=None, vifs=vifs)


def test_the_reply_to_a_report_is_applied_and_reported(
    host: Host, agent: Agent, controller: Controller
) -> None:
    controller.stale = (snapshot(revision=5),)

    wait_for(lambda: controller.applied == (Applied(PRIVATE, 5),), "the report", SECONDS)

    assert host.dnsmasq_pids()


def test_a_cast_is_applied_and_reported(
    host: Host, agent: Agent, controller: Controller, transport: messaging.Transport
) -> None:
    wait_for(lambda: controller.reports, "the first report", SECONDS)
    client = rpc.create_client(transport, rpc.AGENT_TOPIC).prepare(server="here")

    def cast_until_applied() -> bool:
        # The agent receives casts from its first reply on. A real controller's next reply makes up
        # for one that came too early; this one's does not.
        client.cast({}, "apply_snapshot", snapshot=to_wire(snapshot(revision=7, guests=2)))
        return controller.applied == (Applied(PRIVATE, 7),)

    wait_for(cast_until_applied, "the report", SECONDS)
    assert len(list(host.files("br100").hosts.iterdir())) == 2


def test_an_answer_of_another_cloud_takes_nothing_from_the_host(
    host: Host, agent: Agent, controller: Controller
) -> None:
    controller.origin = Origin(CLOUDS[0], 1, BRANCH)
    controller.stale = (snapshot(revision=5),)
    wait_for(lambda: controller.applied == (Applied(PRIVATE, 5),), "the report", SECONDS)
    before, processes = host.resources(), host.dnsmasq_pids()

    controller.origin = Origin(CLOUDS[1], 100, BRANCH)
    controller.stale = (gone(revision=9, host="here"),)
    wait_for(lambda: controller.reports[-1].held, "the refusal", SECONDS)

    assert f"the database is of cloud {CLOUDS[1]}" in str(controller.reports[-1].held)
    assert [each.address for each in controller.reports[-1].served]
    assert host.resources() == before
    assert host.dnsmasq_pids() == processes
