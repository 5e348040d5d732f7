"""The controller's periodic tasks, and the tables that they need."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db import schema
from cloudnet.controller.db.engine import Database
from cloudnet.controller.periodic import PeriodicTasks
from tests.fixtures.controller.world import World


def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.sqlite")

    with pytest.raises(DatabaseUnavailable, match="no tables yet; run `cloudnet-manage db sync`"):
        schema.require_head(database)


def test_the_periodic_tasks_send_a_heartbeat_and_free_addresses(world: World) -> None:
    world.network()
    world.boot(1)
    world.delete(1)
    world.clock.pass_seconds(31)
    services = world.services
    periodic = PeriodicTasks(
        "ctl",
        services.hosts,
        services.sweeper,
        services.dns,
        10,
        heartbeats=services.heartbeats,
    )

    periodic.start()
    while world.rows("SELECT * FROM instances"):
        time.sleep(0.01)
    periodic.stop()

    assert world.rows("SELECT host, services.binary FROM services") == [
        ("ctl", "cloudnet-controller")
    ]
