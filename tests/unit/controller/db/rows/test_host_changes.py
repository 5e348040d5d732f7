"""Changes are appended, and become part of revisions once for a burst of them."""

from __future__ import annotations

from cloudnet.controller.db.rows import host_changes, host_networks
from cloudnet.controller.model.host_changes import WHOLE, HostChange
from cloudnet.controller.model.records import Network, SnapshotKey
from cloudnet.controller.model.revisions import first_revision
from tests.fixtures.controller.world import World


def add(world: World, network: Network, host: str = "node1") -> None:
    world.services.database.write(
        lambda connection: host_changes.add(connection, host, network, world.clock())
    )


def fold(world: World, host: str | None = None) -> tuple[HostChange, ...]:
    return world.services.database.write(
        lambda connection: host_changes.fold(connection, host)
    ).changes


def revisions(world: World) -> list[int]:
    return [row[0] for row in world.rows("SELECT revision FROM host_networks")]


def test_a_burst_of_changes_is_one_revision(world: World) -> None:
    network = world.network()
    add(world, network)
    fold(world)
    (first,) = revisions(world)

    for _ in range(5):
        add(world, network)
    (change,) = fold(world)

    assert change == HostChange(SnapshotKey("node1", network.uuid), first, first + 1, (WHOLE,) * 5)
    assert revisions(world) == [first + 1]
    assert fold(world) == ()


def test_the_first_revision_is_the_time_of_the_change(world: World) -> None:
    network = world.network()
    add(world, network)

    (change,) = fold(world)

    assert (change.base, change.revision) == (None, first_revision(world.clock()))


def test_the_changes_of_other_hosts_are_left_for_later(world: World) -> None:
    network = world.network()
    add(world, network, "node1")
    add(world, network, "node2")

    assert [change.key.host for change in fold(world, "node2")] == ["node2"]
    assert [change.key.host for change in fold(world)] == ["node1"]


def test_more_changes_than_one_statement_takes_are_folded_in_turns(world: World) -> None:
    network = world.network()
    world.services.database.write(
        lambda connection: host_changes.add_all(
            connection, [f"node{n}" for n in range(501)], network, world.clock()
        )
    )

    assert len(fold(world)) == 500
    assert len(fold(world)) == 1


def test_a_network_that_changes_does_so_on_every_host_that_has_it_or_is_about_to(
    world: World,
) -> None:
    network = world.network()
    add(world, network, "node1")
    fold(world)
    add(world, network, "node2")

    keys = world.services.database.write(
        lambda connection: host_changes.add_on_all_hosts(connection, network, world.clock())
    )

    assert keys == {SnapshotKey(host, network.uuid) for host in ("node1", "node2")}


def test_a_guest_is_active_when_its_hosts_have_a_revision_that_includes_it(world: World) -> None:
    """Not with a revision that was raised while its transaction was still open."""
    network = world.network()
    world.boot(1, host="node2")
    snapshots = {host: world.sync(host) for host in ("node1", "node2")}

    world.boot(2, host="node2")
    before = [vif["active"] for vif in world.info(2)]
    for host, known in snapshots.items():
        world.sync(host, *known)

    assert before == [False]
    assert [vif["active"] for vif in world.info(2)] == [True]
    assert network.host == "node1"


def test_a_revision_raised_by_another_change_does_not_include_an_open_transaction(
    world: World,
) -> None:
    network = world.network()
    world.boot(1)
    fold(world)
    world.boot(2)  # not folded: as if its transaction were still open
    key = SnapshotKey("node1", network.uuid)
    _, revision = world.services.database.write(
        lambda connection: host_networks.raise_revision(connection, key, world.clock())
    )

    with world.services.database.reading() as connection:
        row = host_networks.get(connection, "node1", network.uuid)
    assert row is not None
    world.services.database.write(
        lambda connection: host_networks.record_applied(connection, row, world.clock())
    )

    assert row.revision == revision
    assert [vif["active"] for vif in world.info(2)] == [False]
