"""Sixteen writers through three controllers: nothing is given twice, and nothing is left over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from cloudnet.controller.compose import build_services
from cloudnet.controller.db.engine import Database
from cloudnet.controller.notify.port import NullNotifier
from tests.fixtures.controller.databases import Databases
from tests.fixtures.controller.world import SETTINGS, World, a_world
from tests.fixtures.controller.writers import prepare, release_all, write_at_once

CALLS = 40  # of each writer


@pytest.fixture
def controllers(databases: Databases, tmp_path: Path) -> Iterator[list[World]]:
    """Three controllers over one database; one over SQLite."""
    with a_world(tmp_path, SETTINGS, databases=databases) as first, ExitStack() as stack:
        worlds = [first]
        for _ in range(0 if first.settings.database.startswith("sqlite") else 2):
            database = stack.enter_context(closing(Database(first.settings.database)))
            services = build_services(first.settings, database, NullNotifier(), first.clock)
            worlds.append(World(services, first.clock, first.settings))
        yield worlds


def test_sixteen_writers_leave_the_database_consistent(controllers: list[World]) -> None:
    world = controllers[0]
    prepare(world)

    def check() -> None:
        assert world.services.consistency.list_findings() == []

    outcome = write_at_once(controllers, writers=16, calls=CALLS, check=check)

    assert outcome.lost == []
    assert outcome.done.total() > 16 * CALLS / 2, outcome
    check()
    release_all(world)
    check()
    assert world.rows("SELECT * FROM instances") == []
    assert world.rows("SELECT * FROM virtual_interfaces") == []
    assert world.rows("SELECT * FROM fixed_ips WHERE NOT reserved AND host IS NULL") == []
    assert world.rows("SELECT * FROM floating_ips WHERE project_id IS NOT NULL") == []
