"""The operation log, the callers in address_history, and what is announced after a commit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from cloudnet.common.errors import NoMoreNetworks
from cloudnet.common.request import RPC, Request, describe_call, serving
from cloudnet.controller.compose import build_services
from cloudnet.controller.db.engine import Database
from cloudnet.controller.model.changes import Change
from cloudnet.controller.model.network_edit import NetworkEdit
from cloudnet.controller.notify.port import NullNotifier
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, instance

BOOT = Request(RPC, "allocate_for_instance", "{}", "req-1", "alice", "a")


def operations(world: World) -> list[tuple[Any, ...]]:
    return world.rows("SELECT operation, request_id, user_id, project_id FROM operation_log")


def test_a_call_that_changes_something_leaves_one_row_with_its_caller(world: World) -> None:
    with serving(BOOT):
        world.network()
        world.boot(1)
        world.info(1)

    assert operations(world) == [("allocate_for_instance", "req-1", "alice", "a")]
    assert world.rows("SELECT event, request_id, user_id FROM address_history ORDER BY id") == [
        ("allocated", "req-1", "alice")
    ]


def test_what_no_call_causes_has_no_caller(world: World) -> None:
    world.network()
    with serving(BOOT):
        world.boot(1)
        world.delete(1)
    world.end_quarantine()

    assert world.rows("SELECT event, request_id FROM address_history ORDER BY id") == [
        ("allocated", "req-1"),
        ("released", "req-1"),
        ("freed", None),
    ]


def test_a_refused_call_and_one_that_reads_leave_no_row(world: World) -> None:
    with serving(BOOT), pytest.raises(NoMoreNetworks):
        world.boot(1)
    with serving(BOOT):
        world.services.networks.list_networks()

    assert operations(world) == []


def test_the_leases_that_dhcp_servers_report_are_no_operations(world: World) -> None:
    world.network()
    address = IPv4Address(world.address(1))

    with serving(Request(RPC, "lease_fixed_ip", "{}", "req-2")):
        world.services.leases.record_lease(address)

    assert operations(world) == []


def test_a_transaction_that_is_run_again_is_recorded_once(world: World) -> None:
    tries = iter([True, False])

    def work(connection: Any) -> None:
        if next(tries):
            from cloudnet.controller.db.conflicts import Conflict

            raise Conflict("networks", ("uuid",), "another was first")

    with serving(BOOT):
        world.services.database.write(work)

    assert len(operations(world)) == 1


def test_the_last_operations_are_listed_by_request(world: World) -> None:
    for number in range(3):
        with serving(replace(BOOT, request_id=f"req-{number}")):
            world.network(f"net{number}")

    listed = world.services.operations.list_last(2)
    assert [row["request_id"] for row in listed] == ["req-1", "req-2"]
    assert [row["request_id"] for row in world.services.operations.list_last(9, "req-0")] == [
        "req-0"
    ]


def test_arguments_are_bounded_and_objects_are_named_by_their_uuid() -> None:
    request = describe_call(
        "deallocate_for_instance",
        {
            "instance": {"nova_object.name": "Instance", "nova_object.data": {"uuid": "u1"}},
            "requested_networks": None,
            "host": "h" * 300,
        },
        {"request_id": "req-1", "user": "bob", "tenant": 7},
    )

    assert request.arguments == f'{{"host": "{"h" * 199}\\u2026", "instance": "u1"}}'
    assert (request.user, request.project) == ("bob", None)
    many = describe_call("x", {f"name{n}": "v" * 100 for n in range(100)}, {})
    assert len(many.arguments) < 1000


class RecordingSink:
    """Keeps what is announced."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def announce(self, changes: Sequence[Change]) -> None:
        self.changes += changes

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        taken = [(change.event_type, change.payload) for change in self.changes]
        self.changes.clear()
        return taken


@pytest.fixture
def sink(world: World) -> Any:
    """A sink of a second controller over the world's database, with that controller's world."""
    recording = RecordingSink()
    with closing(Database(world.settings.database)) as database:
        services = build_services(
            world.settings, database, NullNotifier(), world.clock, sink=recording
        )
        yield recording, World(services, world.clock, world.settings)


def test_floating_ips_are_announced_as_by_nova(sink: tuple[RecordingSink, World]) -> None:
    recording, world = sink
    world.network(project="a")
    world.boot(1)
    world.boot(2)
    world.services.pools.create(IPv4Network("203.0.113.9/32"))
    recording.take()
    floating = world.services.floating
    address = floating.allocate(ADMIN, "a")
    owned = {"project_id": "a", "floating_ip": "203.0.113.9"}

    floating.associate(ADMIN, address, IPv4Address("10.0.0.3"))
    floating.associate(ADMIN, address, IPv4Address("10.0.0.4"))
    world.services.instances.deallocate(instance(2))
    floating.deallocate(ADMIN, address)

    assert [change for change in recording.take() if "floating" in change[0]] == [
        ("network.floating_ip.allocate", owned),
        ("network.floating_ip.associate", owned | {"instance_id": instance(1)}),
        ("network.floating_ip.disassociate", owned | {"instance_id": instance(1)}),
        ("network.floating_ip.associate", owned | {"instance_id": instance(2)}),
        ("network.floating_ip.disassociate", owned | {"instance_id": instance(2)}),
        ("network.floating_ip.deallocate", owned),
    ]


def test_networks_and_addresses_are_announced_after_the_commit(
    sink: tuple[RecordingSink, World],
) -> None:
    recording, world = sink
    network = world.network()
    world.boot(1, macs=("fa:16:3e:00:00:01",))
    world.services.networks.update(network.uuid, NetworkEdit(label="renamed"))
    world.delete(1)
    world.end_quarantine()
    world.services.networks.delete(uuid=network.uuid, require_disassociated=False)

    announced = recording.take()
    assert [event for event, _ in announced] == [
        "cloudnet.network.create",
        "cloudnet.network.update",  # the project gets it
        "cloudnet.address.allocated",
        "cloudnet.network.update",
        "cloudnet.address.released",
        "cloudnet.address.freed",
        "cloudnet.network.delete",
    ]
    assert announced[2][1] == {
        "version": "1.0",
        "address": "10.0.0.3",
        "network_id": network.uuid,
        "mac": "fa:16:3e:00:00:01",
        "instance_id": instance(1),
        "project_id": "a",
        "host": "node1",
    }
    assert announced[3][1]["label"] == "renamed"


def test_a_transaction_that_is_rolled_back_announces_nothing(
    sink: tuple[RecordingSink, World],
) -> None:
    recording, world = sink
    world.network(size=8)
    for number in range(4):
        world.boot(number)
    recording.take()

    with pytest.raises(Exception, match="no free address"):
        world.boot(9)

    assert recording.take() == []
