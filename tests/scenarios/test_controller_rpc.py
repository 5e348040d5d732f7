"""The controller behind a queue in memory, as its callers and hosts see it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloudnet.client import NetworkAPI
from cloudnet.common import errors, rpc
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import (
    Applied,
    NetworkGone,
    NetworkSnapshot,
    Report,
    ReportReply,
    Snapshot,
)
from cloudnet.controller.endpoint import AgentsEndpoint, network_endpoints
from cloudnet.controller.notify.rpc_caster import RpcCaster
from tests.fixtures.controller.recording_agent import RecordingAgent
from tests.fixtures.controller.world import SETTINGS, World, a_world, addresses, instance
from tests.fixtures.waiting import wait_for

ADMIN = {"is_admin": True}


@dataclass
class Cloud:
    """A controller, a compute service and the agents of two hosts."""

    world: World
    api: NetworkAPI
    agents: dict[str, RecordingAgent]
    transport: messaging.Transport

    def call(self, context: dict[str, Any], method: str, **arguments: Any) -> Any:
        client = rpc.create_client(self.transport, rpc.NETWORK_TOPIC, 5)
        try:
            return client.prepare(version=rpc.NETWORK_VERSION).call(context, method, **arguments)
        except messaging.RemoteError as error:
            raise rpc.rebuild_error(error) from error

    def report(self, host: str, *applied: Snapshot) -> ReportReply:
        report = Report(host, tuple(Applied(one.network, one.revision) for one in applied))
        client = rpc.create_client(self.transport, rpc.CONTROLLER_TOPIC, 5)
        return from_wire(ReportReply, client.call({}, "report", report=to_wire(report)))


@contextmanager
def open_cloud(folder: Path) -> Iterator[Cloud]:
    conf = rpc.get_default_conf()
    with ExitStack() as stack:
        exchange = folder.name  # of its own: all queues in memory are shared by the process
        transport = rpc.create_transport(conf, "fake://", exchange)
        world = stack.enter_context(a_world(folder, SETTINGS, RpcCaster(transport)))
        agents = {"node1": RecordingAgent(), "node2": RecordingAgent()}
        servers = [
            rpc.create_server(
                transport, rpc.NETWORK_TOPIC, "controller", network_endpoints(world.services)
            ),
            rpc.create_server(
                transport,
                rpc.CONTROLLER_TOPIC,
                "controller",
                [AgentsEndpoint(world.services)],
            ),
            *(
                rpc.create_server(transport, rpc.AGENT_TOPIC, host, [agent])
                for host, agent in agents.items()
            ),
        ]
        for server in servers:
            server.start()
            stack.callback(server.wait)
            stack.callback(server.stop)
        api = NetworkAPI("fake://", control_exchange=exchange, conf=conf, timeout_seconds=5)
        yield Cloud(world, api, agents, transport)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def empty_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One cloud for all tests that change nothing in it."""
    with open_cloud(tmp_path_factory.mktemp("empty")) as made:
        yield made


def wait_until(check: Callable[[], object]) -> None:
    wait_for(check, "a message to arrive", timeout=5, pause=0.01)


def test_from_the_first_network_to_the_last_guest(cloud: Cloud) -> None:
    made = cloud.api.create_networks(ADMIN, label="private", cidr="10.0.0.0/8", num_networks=4)
    assert [(n["label"], n["cidr"], n["vlan"]) for n in made] == [
        ("private_0", "10.0.0.0/22", 100),
        ("private_1", "10.0.4.0/22", 101),
        ("private_2", "10.0.8.0/22", 102),
        ("private_3", "10.0.12.0/22", 103),
    ]
    wait_until(lambda: cloud.agents["node2"].ranges)

    info = cloud.api.allocate_for_instance(
        {}, instance(1), "a", "node2", hostname="vm1", requested_networks=None
    )
    assert addresses(info) == ["10.0.0.3"]
    node1, node2 = cloud.agents["node1"], cloud.agents["node2"]
    wait_until(lambda: node1.snapshots and node2.snapshots)
    assert isinstance(node1.snapshots[-1], NetworkSnapshot)
    assert [vif.hostname for vif in node1.snapshots[-1].vifs] == ["vm1"]

    cloud.report("node1", node1.snapshots[-1])
    cloud.report("node2", node2.snapshots[-1])
    assert cloud.api.wait_until_wired({}, instance(1), timeout=1)[0]["active"] is True

    cloud.api.deallocate_for_instance({}, instance(1), "a", "node2")
    wait_until(lambda: isinstance(node1.snapshots[-1], NetworkGone))
    wait_until(lambda: isinstance(node2.snapshots[-1], NetworkGone))


def test_a_host_that_never_reported_is_named_to_the_compute_service(cloud: Cloud) -> None:
    cloud.api.create_networks({}, label="private", network_size=256)
    cloud.report("node1")
    cloud.report("node2")
    cloud.api.allocate_for_instance(
        {}, instance(1), "a", "node1.example.net", requested_networks=None
    )

    with pytest.raises(errors.NotWired) as refused:
        cloud.api.wait_until_wired({}, instance(1), timeout=0.5)

    assert "host node1.example.net has never reported; known: node1, node2" in str(refused.value)


def test_messages_of_novas_own_client_are_accepted(cloud: Cloud) -> None:
    """Messages as Nova 18 sends them: a full context, versioned objects in their envelopes."""
    nova = {
        "user": "b" * 32,
        "tenant": "a" * 32,
        "project_id": "a" * 32,
        "is_admin": True,
        "read_only": False,
        "auth_token": None,
        "roles": [],
        "timestamp": "2026-11-23T06:22:36.453314",
    }
    cloud.api.create_networks(nova, label="private", network_size=256)
    info = cloud.call(
        nova,
        "allocate_for_instance",
        instance_id=instance(1),
        project_id="a" * 32,
        host="node1",
        rxtx_factor=1.0,
        vpn=False,
        requested_networks=None,
        macs=None,
    )
    again = cloud.call(
        nova,
        "get_instance_nw_info",
        instance_id=instance(1),
        rxtx_factor=1.0,
        host="node1",
        project_id="a" * 32,
    )
    nova_instance = {
        "nova_object.name": "Instance",
        "nova_object.namespace": "nova",
        "nova_object.version": "2.4",
        "nova_object.data": {
            "id": 74,
            "uuid": instance(1),
            "host": "node1",
            "project_id": "a" * 32,
        },
        "nova_object.changes": [],
    }
    cloud.call(nova, "deallocate_for_instance", instance=nova_instance, requested_networks=None)

    assert again == info
    assert cloud.world.info(1) == []


def test_errors_keep_their_names_and_log_no_traceback(
    empty_cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(errors.NoMoreNetworks, match="project a"):
        empty_cloud.api.allocate_for_instance({}, instance(1), "a", "node1")

    assert "Traceback" not in caplog.text
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    ("method", "arguments", "argument"),
    [
        (
            "allocate_for_instance",
            {"instance_id": "7", "project_id": "a", "host": "h"},
            "instance_id",
        ),
        ("allocate_for_instance", {"instance_id": instance(1), "host": "h"}, "project_id"),
        ("allocate_for_instance", {"instance_id": instance(1), "project_id": "a"}, "host"),
        (
            "allocate_for_instance",
            {
                "instance_id": instance(1),
                "project_id": "a",
                "host": "h",
                "requested_networks": [["net", None]],
            },
            r"requested_networks\[0\]",
        ),
        ("create_networks", {"label": ""}, "label"),
        ("create_networks", {"label": "x", "cidr": "10.0.0.1"}, "cidr"),
        ("create_networks", {"label": "x", "vlan": 4095}, "vlan"),
        ("create_networks", {"label": "x", "cidr_v6": "fd00::/65"}, "cidr_v6"),
        ("create_networks", {"label": "x", "colour": "red"}, "colour"),
        (
            "associate_floating_ip",
            {"floating_address": "x", "fixed_address": "y"},
            "floating_address",
        ),
        ("release_fixed_ip", {"address": "10.0.0.1", "mac": "ff:ff:ff:ff:ff:ff"}, "mac"),
    ],
)
def test_an_ill_formed_argument_is_named_and_changes_nothing(
    empty_cloud: Cloud, method: str, arguments: dict[str, Any], argument: str
) -> None:
    with pytest.raises(errors.BadRequest, match=argument):
        empty_cloud.call({}, method, **arguments)

    assert empty_cloud.world.one("SELECT count(*) FROM instances") == 0
    assert empty_cloud.world.one("SELECT count(*) FROM networks") == 0


@pytest.mark.parametrize("name", ["uuid", "fixed_range"])
def test_a_network_of_a_project_is_deleted_without_require_disassociated(
    empty_cloud: Cloud, name: str
) -> None:
    [made] = empty_cloud.api.create_networks(ADMIN, label="private", project_id="a")
    argument = {name: made["cidr" if name == "fixed_range" else name]}
    with pytest.raises(errors.NetworkHasProject):
        empty_cloud.call(ADMIN, "delete_network", **argument)

    empty_cloud.call(ADMIN, "delete_network", **argument, require_disassociated=False)

    assert empty_cloud.api.get_all_networks(ADMIN) == []


def test_a_project_creates_networks_for_itself_only(cloud: Cloud) -> None:
    tenant = {"project_id": "a", "is_admin": False}

    with pytest.raises(errors.Forbidden):
        cloud.api.create_networks(tenant, label="theirs", project_id="b")
    cloud.api.create_networks(tenant, label="mine", project_id="a")
    cloud.api.create_networks(tenant, label="free")

    assert [n["label"] for n in cloud.api.get_all_networks(tenant)] == ["mine"]


def test_the_request_and_its_caller_are_in_the_database_with_what_they_changed(
    cloud: Cloud,
) -> None:
    cloud.api.create_networks(ADMIN, label="private", project_id="a")
    context = {"is_admin": True, "project_id": "a", "user_id": "alice", "request_id": "req-7"}

    cloud.api.allocate_for_instance(context, instance(1), "a", "node1")
    cloud.api.get_instance_nw_info(context, instance(1))

    [logged] = cloud.world.services.operations.list_last(10, "req-7")
    assert [logged[name] for name in ("source", "operation", "user_id", "project_id")] == [
        "rpc",
        "allocate_for_instance",
        "alice",
        "a",
    ]
    assert json.loads(logged["arguments"])["instance_id"] == instance(1)
    assert cloud.world.rows(
        "SELECT user_id, request_id FROM address_history WHERE event = 'allocated'"
    ) == [("alice", "req-7")]


def test_a_project_cannot_use_an_instance_of_another(cloud: Cloud) -> None:
    cloud.api.create_networks(ADMIN, label="private", network_size=256)
    other_project = {"project_id": "b", "is_admin": False}
    with pytest.raises(errors.Forbidden):
        cloud.api.allocate_for_instance(other_project, instance(1), "a", "node1")
    cloud.api.allocate_for_instance({}, instance(1), "a", "node1")

    with pytest.raises(errors.Forbidden, match=instance(1)):
        cloud.api.get_instance_nw_info(other_project, instance(1))
    with pytest.raises(errors.Forbidden, match=instance(1)):
        cloud.api.deallocate_for_instance(other_project, instance(1), "b", "node1")


def test_methods_that_begin_with_an_underscore_cannot_be_called(empty_cloud: Cloud) -> None:
    with pytest.raises(messaging.NoSuchMethod):
        empty_cloud.call({}, "_target")


def test_the_last_snapshot_after_many_boots_has_all_guests(cloud: Cloud) -> None:
    cloud.api.create_networks(ADMIN, label="private", network_size=256)
    threads = [
        threading.Thread(
            target=cloud.api.allocate_for_instance, args=({}, instance(n), "a", "node1")
        )
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    agent = cloud.agents["node1"]
    wait_until(lambda: agent.snapshots and len(agent.snapshots[-1].vifs) == 20)  # type: ignore[union-attr]  # a NetworkSnapshot
