"""A database that is away: said once, waited for, and said when it is back."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller import waiting
from cloudnet.controller.db import schema
from cloudnet.controller.db.engine import Database
from cloudnet.controller.periodic import Periodic
from tests.fixtures.controller.world import World


def test_the_same_trouble_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    troubles = iter(["away", "away", "no tables"])

    def ask() -> None:
        trouble = next(troubles, None)
        if trouble is not None:
            raise DatabaseUnavailable(trouble)

    with caplog.at_level(logging.INFO):
        assert waiting.for_database(ask, threading.Event())

    assert [record.message for record in caplog.records] == [
        "away; trying again until it can be used",
        "no tables; trying again until it can be used",
        "the database can be used",
    ]


def test_being_told_to_stop_ends_the_waiting() -> None:
    stop = threading.Event()

    def ask() -> None:
        stop.set()
        raise DatabaseUnavailable("away")

    assert waiting.for_database(ask, stop) is False


def test_a_database_without_tables_is_not_good_enough(tmp_path: Path) -> None:
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
