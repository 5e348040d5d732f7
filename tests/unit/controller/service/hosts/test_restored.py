"""After a restore: which hosts are waited for, and for how long."""

from __future__ import annotations

import pytest

from cloudnet.common.errors import DatabaseRestored
from tests.fixtures.controller.world import World


def test_hosts_that_never_reported_before_the_backup_are_waited_for(world: World) -> None:
    world.network()
    world.boot(1, host="node77")

    assert world.services.hosts.note_restore(600) == ["node1", "node77"]
    world.clock.pass_seconds(21)
    world.report("node1")  # the gateway
    with pytest.raises(DatabaseRestored, match="have reported: node77;"):
        world.boot(2, host="node2")
    world.report("node77")

    assert world.boot(2, host="node2")


def test_a_host_that_is_waited_for_by_name_is_listed_only_while_something_names_it(
    world: World,
) -> None:
    world.network()
    world.boot(1, host="nod1")
    world.services.hosts.note_restore(60)

    world.delete(1)
    world.edit("DELETE FROM host_networks WHERE host = 'nod1'")

    assert [row["host"] for row in world.services.overview.list_hosts()] == ["node1"]
    assert world.services.hosts.note_restore(60) == ["node1"]


def test_a_host_that_was_down_in_the_copy_is_waited_for_if_it_has_guests(world: World) -> None:
    world.network()
    for host in ("node1", "node2"):
        world.report(host)
    world.boot(1, host="node1")
    world.clock.pass_seconds(3600)
    world.report("node3")

    assert world.services.hosts.note_restore(600) == ["node1", "node3"]


def test_a_controller_that_starts_gives_newer_hosts_time_and_shortens_no_wait(
    world: World,
) -> None:
    world.network()
    world.boot(1, host="node77")
    world.services.hosts.note_restore(600)
    world.report("node1")
    world.clock.pass_seconds(300)
    world.services.hosts.begin_branch()
    with pytest.raises(DatabaseRestored, match="have reported: node77;"):
        world.boot(2)
    world.report("node77")
    with pytest.raises(DatabaseRestored, match="newer than the backup"):
        world.boot(2)
    world.clock.pass_seconds(300)

    assert world.boot(2)
