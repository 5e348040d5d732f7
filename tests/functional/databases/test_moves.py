"""Two calls that move one instance at the same moment, on each database."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from cloudnet.controller.compose import build_services
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import guests, instances
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.notify.port import NullNotifier
from cloudnet.controller.service.migrations.move import move_instance
from tests.fixtures.controller.world import World, instance


class RecordedNotifier(NullNotifier):
    """Records which hosts are notified."""

    def __init__(self) -> None:
        self.hosts: set[str] = set()

    def notify_hosts(self, changed: Iterable[SnapshotKey]) -> None:
        self.hosts.update(key.host for key in changed)


def test_the_second_move_changes_the_host_to_which_the_first_one_moved_the_guest(
    world: World,
) -> None:
    world.network(project="a", multi_host=True)
    world.boot(1, host="node1")
    notified, is_moved = RecordedNotifier(), threading.Event()
    other = build_services(world.settings, world.services.database, notified, world.clock)

    def move_first(connection: Connection) -> None:
        row = instances.lock(connection, instance(1))
        assert row is not None
        own = guests.list_for_instance(connection, row.uuid)
        move_instance(connection, row, own, "node2", world.clock())
        is_moved.set()
        second.join(0.5)  # it waits for the end of this transaction

    def move_second() -> None:
        is_moved.wait(10)
        other.instances.move(instance(1), "node3")

    second = threading.Thread(target=move_second)
    second.start()
    world.services.database.write(move_first)
    second.join()

    assert world.one("SELECT host FROM instances") == "node3"
    assert notified.hosts == {"node2", "node3"}
