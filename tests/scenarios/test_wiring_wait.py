"""Nova's client gets its reply when the hosts have wired the instance, and holds nothing up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cloudnet.client import NetworkAPI
from cloudnet.common import errors, rpc
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.objects import Fault
from cloudnet.controller.endpoint import AgentsEndpoint, network_endpoints
from tests.fixtures.controller.world import (
    World,
    a_world,
    addresses,
    instance,
    multi_host_settings,
)
from tests.fixtures.waiting import wait_for

ADMIN = {"is_admin": True}
CALLERS = 80  # more than a server has workers


@dataclass
class Cloud:
    world: World
    api: NetworkAPI
    transport: messaging.Transport

    def allocate(self, number: int, host: str = "node1", **more: Any) -> Any:
        """Call as nova's client does, which knows no ``wait_seconds``."""
        return rpc.create_client(self.transport, rpc.NETWORK_TOPIC, 60).call(
            {**ADMIN, rpc.OWN_ERRORS_KEY: True},
            "allocate_for_instance",
            instance_id=instance(number),
            project_id="a",
            host=host,
            **more,
        )


@contextmanager
def open_cloud(folder: Path, seconds: float) -> Iterator[Cloud]:
    settings = replace(multi_host_settings(), wiring_seconds=seconds, workers=64)
    conf = rpc.get_default_conf()
    with ExitStack() as stack:
        transport = rpc.create_transport(conf, "fake://", folder.name)
        world = stack.enter_context(a_world(folder, settings))
        stack.callback(world.services.waiter.close)
        endpoints = {
            rpc.NETWORK_TOPIC: network_endpoints(world.services),
            rpc.CONTROLLER_TOPIC: [AgentsEndpoint(world.services)],
        }
        for topic, served in endpoints.items():
            server = rpc.create_server(transport, topic, "controller", served)
            server.start()
            stack.callback(server.wait)
            stack.callback(server.stop)
        api = NetworkAPI("fake://", control_exchange=folder.name, conf=conf, timeout_seconds=20)
        yield Cloud(world, api, transport)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path, seconds=30) as opened:
        yield opened


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path, seconds=0.3) as opened:
        yield opened


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CALLERS) as pool:
        yield pool


def wait_for_guests(cloud: Cloud, count: int) -> None:
    wait_for(
        lambda: cloud.world.one("SELECT count(*) FROM virtual_interfaces") == count,
        f"{count} allocations",
        timeout=30,
    )


def test_the_reply_comes_with_the_hosts_confirmation(
    cloud: Cloud, callers: ThreadPoolExecutor
) -> None:
    cloud.world.network()

    call = callers.submit(cloud.allocate, 1)
    wait_for_guests(cloud, 1)
    time.sleep(0.2)  # a reply without the confirmation would be here by now
    is_early = call.done()
    cloud.world.sync("node1")
    info = call.result(timeout=20)

    assert not is_early
    assert addresses(info) == ["10.0.0.4"]  # .3 is the host's
    assert info[0]["active"] is True


def test_a_repeated_call_for_a_wired_instance_waits_for_nothing(
    cloud: Cloud, callers: ThreadPoolExecutor
) -> None:
    cloud.world.network()
    first = callers.submit(cloud.allocate, 1)
    wait_for_guests(cloud, 1)
    cloud.world.sync("node1")

    assert cloud.allocate(1) == first.result(timeout=20)


def test_callers_that_wait_hold_up_neither_heartbeats_nor_other_calls(
    cloud: Cloud, callers: ThreadPoolExecutor
) -> None:
    cloud.world.network(size=256)
    waiting: list[Future[Any]] = [
        callers.submit(cloud.allocate, number) for number in range(CALLERS)
    ]
    wait_for_guests(cloud, CALLERS)

    networks = cloud.api.get_all_networks(ADMIN)
    others = cloud.api.allocate_for_instance({}, instance(1000), "a", "node2")
    still_waiting = sum(not call.done() for call in waiting)
    cloud.world.sync("node1")
    infos = [call.result(timeout=30) for call in waiting]

    assert len(networks) == 1
    assert len(others) == 1  # cloudnet's client does not wait
    assert still_waiting == CALLERS
    assert len({addresses(info)[0] for info in infos}) == CALLERS


def test_a_host_that_does_not_confirm_is_the_reason_and_nothing_is_left(impatient: Cloud) -> None:
    impatient.world.network()
    impatient.world.report("node1", faults=(Fault(None, "bridge br100: eth0 is missing"),))

    with pytest.raises(errors.NotWired, match="host node1: bridge br100: eth0 is missing"):
        impatient.allocate(1)

    assert impatient.world.one("SELECT count(*) FROM virtual_interfaces") == 0
    assert impatient.world.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 0


def test_cloudnets_client_can_wait_as_well(impatient: Cloud) -> None:
    impatient.world.network()

    with pytest.raises(errors.NotWired, match="host node1 has never reported"):
        impatient.api.allocate_for_instance({}, instance(1), "a", "node1", wait_seconds=None)

    assert impatient.api.allocate_for_instance({}, instance(1), "a", "node1")


def test_what_an_instance_had_before_is_kept_when_a_host_does_not_confirm(
    impatient: Cloud,
) -> None:
    impatient.world.network()
    before = impatient.allocate(1, wait_seconds=0)

    with pytest.raises(errors.NotWired, match="node1"):
        impatient.allocate(1)

    assert impatient.world.info(1) == before


def test_a_controller_that_stops_ends_the_waits(cloud: Cloud, callers: ThreadPoolExecutor) -> None:
    cloud.world.network()
    call = callers.submit(cloud.allocate, 1)
    wait_for_guests(cloud, 1)

    cloud.world.services.waiter.stop(0.1)

    with pytest.raises(errors.NotWired):
        call.result(timeout=20)


def test_the_limit_is_the_callers_own_timeout_if_that_is_shorter(cloud: Cloud) -> None:
    cloud.world.network()

    with pytest.raises(errors.NotWired):
        rpc.create_client(cloud.transport, rpc.NETWORK_TOPIC, 20).call(
            {**ADMIN, rpc.OWN_ERRORS_KEY: True, rpc.TIMEOUT_KEY: 1},
            "allocate_for_instance",
            instance_id=instance(1),
            project_id="a",
            host="node1",
        )
