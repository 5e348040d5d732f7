"""The tables on each database: `db sync` creates them, and they are those of the code."""

from __future__ import annotations

from pathlib import Path

from cloudnet.controller.db import schema
from tests.fixtures.controller.databases import Databases
from tests.fixtures.controller.world import World


def test_sync_creates_the_tables_of_the_code(databases: Databases, tmp_path: Path) -> None:
    with databases.bare(tmp_path) as url:
        assert schema.get_version(url) is None

        schema.upgrade(url)

        assert schema.get_version(url) == schema.get_head()
        assert schema.list_differences(url) == []


def test_an_address_is_allocated(world: World) -> None:
    world.network(project="a")

    assert world.address(1) == "10.0.0.3"
