"""Rows of host_networks: revisions that only grow, and what a host has applied of them."""

from __future__ import annotations

from dataclasses import replace

from cloudnet.controller.db.rows import host_networks
from cloudnet.controller.model.records import HostNetwork, Network, NetworkSync, SnapshotKey
from cloudnet.controller.model.revisions import first_revision
from tests.fixtures.controller.world import World, instance


def raise_revision(world: World, network: Network, host: str = "node1") -> None:
    key = SnapshotKey(host, network.uuid)
    world.services.database.write(
        lambda connection: host_networks.raise_revision(connection, key, world.clock())
    )


def get(world: World, network: Network, host: str = "node1") -> HostNetwork:
    with world.services.database.reading() as connection:
        row = host_networks.get(connection, host, network.uuid)
    assert row is not None
    return row


def record_applied(world: World, row: HostNetwork) -> bool:
    return world.services.database.write(
        lambda connection: host_networks.record_applied(connection, row, world.clock())
    )


def record_progress(world: World, row: HostNetwork, revision: int) -> None:
    world.services.database.write(
        lambda connection: host_networks.record_progress(connection, row, revision, world.clock())
    )


def test_the_first_revision_of_a_network_on_a_host_is_the_time(world: World) -> None:
    network = world.network()

    raise_revision(world, network)

    assert get(world, network) == HostNetwork(
        "node1", network.uuid, network.id, first_revision(world.clock()), None
    )


def test_each_later_revision_is_one_more_whatever_the_time_is(world: World) -> None:
    network = world.network()
    raise_revision(world, network)
    first = get(world, network)
    world.clock.pass_seconds(60)

    raise_revision(world, network)

    assert get(world, network) == replace(first, revision=first.revision + 1)


def test_a_host_without_the_network_has_no_row(world: World) -> None:
    network = world.network()
    raise_revision(world, network, "node2")

    with world.services.database.reading() as connection:
        assert host_networks.get(connection, "node1", network.uuid) is None
        assert host_networks.list_for_host(connection, "node1") == []


def test_the_current_revision_is_recorded_as_applied(world: World) -> None:
    network = world.network()
    raise_revision(world, network)
    row = get(world, network)

    assert record_applied(world, row)
    assert get(world, network) == replace(row, applied_revision=row.revision)


def test_a_revision_that_is_no_longer_the_last_is_not_recorded_as_such(world: World) -> None:
    network = world.network()
    raise_revision(world, network)
    row = get(world, network)
    raise_revision(world, network)

    assert not record_applied(world, row)
    assert get(world, network).applied_revision is None


def test_progress_never_goes_back(world: World) -> None:
    network = world.network()
    raise_revision(world, network)
    row = get(world, network)

    applied = []
    for revision in (row.revision - 1, row.revision - 2, row.revision):
        record_progress(world, row, revision)
        applied.append(get(world, network).applied_revision)

    assert applied == [row.revision - 1, row.revision - 1, row.revision]


def test_a_revision_that_is_set_is_applied_by_nobody(world: World) -> None:
    network = world.network()
    raise_revision(world, network)
    row = get(world, network)
    record_applied(world, row)

    changed = world.services.database.write(
        lambda connection: host_networks.raise_revision_to(connection, row, row.revision + 100)
    )

    assert changed == replace(row, revision=row.revision + 100, applied_revision=None)
    assert get(world, network) == changed


def test_an_unknown_network_of_a_host_gets_a_revision_above_the_hosts_own(world: World) -> None:
    newer = first_revision(world.clock()) + 5000

    row = world.services.database.write(
        lambda connection: host_networks.add_unknown_network(
            connection, "node1", instance(9), newer, world.clock()
        )
    )

    assert row == HostNetwork("node1", instance(9), None, newer, None)
    with world.services.database.reading() as connection:
        assert host_networks.list_for_host(connection, "node1") == [row]


def test_a_row_is_deleted_only_as_it_was_read(world: World) -> None:
    network = world.network()
    raise_revision(world, network)
    stale = get(world, network)
    raise_revision(world, network)

    def delete(row: HostNetwork) -> bool:
        return world.services.database.write(
            lambda connection: host_networks.delete_unchanged(connection, row)
        )

    assert not delete(stale)
    assert delete(get(world, network))
    assert not delete(stale)


def test_the_sync_of_each_host_names_the_networks_that_still_exist(world: World) -> None:
    network = world.network()
    raise_revision(world, network, "node2")
    row = get(world, network, "node2")
    gone = world.services.database.write(
        lambda connection: host_networks.add_unknown_network(
            connection, "node1", instance(9), 0, world.clock()
        )
    )

    with world.services.database.reading() as connection:
        by_host = host_networks.list_sync_by_host(connection)

    assert by_host == {
        "node1": [NetworkSync(instance(9), None, gone.revision, None)],
        "node2": [NetworkSync(network.uuid, "private", row.revision, None)],
    }


def test_a_revision_that_is_raised_meanwhile_does_not_go_back(world: World) -> None:
    network = world.network()
    raise_revision(world, network)
    row = get(world, network)
    world.services.database.write(
        lambda connection: host_networks.raise_revision_to(connection, row, row.revision + 100)
    )

    changed = world.services.database.write(
        lambda connection: host_networks.raise_revision_to(connection, row, row.revision + 1)
    )

    assert changed.revision == row.revision + 101
