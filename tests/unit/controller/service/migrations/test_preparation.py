"""A host has the networks of an instance before it arrives, and until they are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from cloudnet.common.errors import InstanceNotFound, NetworkNotFoundForUUID, NotWired
from cloudnet.common.wire.objects import Fault, NetworkGone, NetworkSnapshot, Snapshot
from tests.fixtures.controller.world import World, a_world, instance, multi_host_settings


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[World]:
    """Every host is the gateway of its own guests."""
    with a_world(tmp_path, multi_host_settings()) as world:
        yield world


def get_stale(world: World, host: str, *present: Snapshot) -> list[type[Snapshot]]:
    return [type(each) for each in world.report(host, *present).stale]


def test_the_destination_has_the_network_before_the_guest(cloud: World) -> None:
    cloud.network()
    cloud.boot(1, host="node1")

    cloud.services.migrations.prepare_host(instance(1), "node2")

    snapshot = cloud.snapshot("node2")
    assert snapshot.vifs == ()
    assert str(snapshot.host_address) == "10.0.0.5"
    assert cloud.info(1)[0]["network"]["subnets"][0]["meta"] == {"dhcp_server": "10.0.0.3"}


def test_a_guest_that_has_arrived_needs_no_preparation_any_more(cloud: World) -> None:
    cloud.network()
    cloud.boot(1, host="node1")
    cloud.services.migrations.prepare_host(instance(1), "node2")
    [prepared] = cloud.sync("node2")

    cloud.services.migrations.finish(instance(1), "node2")
    [arrived] = cloud.report("node2", prepared).stale
    cloud.services.migrations.clear_host(instance(1), "node1")

    assert isinstance(arrived, NetworkSnapshot)
    assert len(arrived.vifs) == 1
    assert cloud.rows("SELECT * FROM prepared_networks") == []


def test_the_source_loses_the_network_with_its_last_guest(cloud: World) -> None:
    cloud.network()
    cloud.boot(1, host="node1")
    [present] = cloud.sync("node1")
    cloud.services.migrations.prepare_host(instance(1), "node2")

    cloud.services.migrations.finish(instance(1), "node2")

    assert get_stale(cloud, "node1", present) == [NetworkGone]


def test_a_migration_that_is_given_up_leaves_nothing_on_the_destination(cloud: World) -> None:
    cloud.network()
    cloud.boot(1, host="node1")
    cloud.services.migrations.prepare_host(instance(1), "node2")
    [prepared] = cloud.sync("node2")

    cloud.services.migrations.clear_host(instance(1), "node2")
    gone = get_stale(cloud, "node2", prepared)
    cloud.sync("node2")
    cloud.report("node2")

    assert gone == [NetworkGone]
    assert cloud.rows("SELECT host FROM fixed_ips WHERE host IS NOT NULL") == [("node1",)]
    assert len(cloud.info(1)) == 1


def test_clearing_the_host_of_a_guest_takes_nothing_from_it(cloud: World) -> None:
    cloud.network()
    cloud.boot(1, host="node1")
    present = cloud.sync("node1")

    cloud.services.migrations.clear_host(instance(1), "node1")

    assert get_stale(cloud, "node1", *present) == []


def test_a_deleted_instance_is_expected_nowhere(cloud: World) -> None:
    cloud.network()
    cloud.boot(1, host="node1")
    cloud.services.migrations.prepare_host(instance(1), "node2")
    [prepared] = cloud.sync("node2")

    cloud.delete(1)

    assert get_stale(cloud, "node2", prepared) == [NetworkGone]


def test_two_migrations_to_a_host_do_not_end_each_other(cloud: World) -> None:
    cloud.network()
    for number in (1, 2):
        cloud.boot(number, host="node1")
        for _ in range(2):  # a reply may be lost, and the call repeated
            cloud.services.migrations.prepare_host(instance(number), "node2")
    cloud.services.migrations.clear_host(instance(1), "node2")

    [snapshot] = cloud.sync("node2")

    assert isinstance(snapshot, NetworkSnapshot)


def test_a_network_is_brought_to_a_host_for_any_guest_and_taken_back(cloud: World) -> None:
    network = cloud.network()

    cloud.services.migrations.prepare_network(network.id, "node2")
    [prepared] = cloud.sync("node2")
    cloud.services.migrations.clear_network(network.uuid, "node2")

    assert isinstance(prepared, NetworkSnapshot)
    assert get_stale(cloud, "node2", prepared) == [NetworkGone]


def test_what_does_not_exist_is_not_prepared(cloud: World) -> None:
    with pytest.raises(InstanceNotFound):
        cloud.services.migrations.prepare_host(instance(9), "node2")
    with pytest.raises(NetworkNotFoundForUUID):
        cloud.services.migrations.prepare_network(9, "node2")
    with pytest.raises(InstanceNotFound):
        cloud.services.migrations.finish(instance(9), "node2")


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, replace(multi_host_settings(), wiring_seconds=20)) as world:
        yield world
        world.services.waiter.close()


def test_the_call_ends_when_the_destination_has_the_networks(patient: World) -> None:
    patient.network()
    patient.boot(1, host="node1")
    prepared = patient.services.migrations.prepare_host(instance(1), "node2")
    assert isinstance(prepared, Future)
    is_early = prepared.done()
    patient.sync("node2")
    assert prepared.result(timeout=10) is None

    moved = patient.services.migrations.finish(instance(1), "node2")
    assert isinstance(moved, Future)
    patient.sync("node2")

    assert not is_early
    assert moved.result(timeout=10) is None
    assert patient.info(1)[0]["active"] is True


def test_a_destination_that_does_not_answer_is_the_reason(tmp_path: Path) -> None:
    with a_world(tmp_path, replace(multi_host_settings(), wiring_seconds=0.2)) as world:
        world.network()
        world.boot(1, host="node1")
        world.report("node2", faults=(Fault(None, "eth0 is missing"),))

        prepared = world.services.migrations.prepare_host(instance(1), "node2")

        assert isinstance(prepared, Future)
        with pytest.raises(NotWired, match=r"private after 0\.2 s: host node2: eth0 is missing"):
            prepared.result(timeout=10)
        world.services.waiter.close()
