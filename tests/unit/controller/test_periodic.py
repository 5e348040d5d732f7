"""The periodic work of a controller, and the tables that it needs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db import schema
from cloudnet.controller.db.engine import Database
from cloudnet.controller.periodic import Periodic
from tests.fixtures.controller.world import World


def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.sqlite")

    with pytest.raises(DatabaseUnavailable, match="no tables yet; run `cloudnet-manage db sync`"):
        schema.require(database)


def test_a_controller_shows_that_it_lives_and_sweeps(world: World) -> None:
    world.network()
    world.boot(1)
    world.delete(1)
    world.clock.pass_seconds(31)
    stop = threading.Event()
    periodic = Periodic("ctl", world.services.hosts, world.services.sweeper, 10)
    turning = threading.Thread(target=periodic.run, args=(stop,))

    turning.start()
    while world.rows("SELECT * FROM instances"):
        stop.wait(0.01)
    stop.set()
    turning.join(5)

    assert world.rows("SELECT host, binary FROM services") == [("ctl", "cloudnet-controller")]
