"""Texts are compared exactly, whatever the server's collation is: projects depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudnet.controller.db import schema
from tests.fixtures.controller.databases import ServerDatabases, open_databases
from tests.fixtures.controller.world import World, addresses


@pytest.mark.parametrize("other", ["DEMO", "démo", "demo "])
def test_projects_with_similar_names_share_nothing(world: World, other: str) -> None:
    world.network("first", project="demo")
    world.network("second", project=other)

    own, others = world.boot(1, "demo"), world.boot(2, other)

    assert [len(addresses(own)), len(addresses(others))] == [1, 1]
    assert own[0]["network"]["label"] == "first"
    assert others[0]["network"]["label"] == "second"
    world.services.quotas.set_limits("demo", {"floating_ips": 1})
    assert [quota.set_for_project for quota in world.services.quotas.list_quotas(other)] == [
        False,
        False,
    ]


def test_a_label_may_be_in_any_language(world: World) -> None:
    world.network("сеть 网络 🌐", project="a")

    assert world.boot(1)[0]["network"]["label"] == "сеть 网络 🌐"


def test_hosts_with_similar_names_are_two(world: World) -> None:
    world.report("node1")
    world.report("NODE1")

    assert world.one("SELECT count(*) FROM services") == 2


@pytest.mark.parametrize("default", ["latin1", "utf8mb4"])
def test_an_upgrade_makes_the_texts_of_an_older_version_exact(tmp_path: Path, default: str) -> None:
    with open_databases("mariadb") as databases, databases.bare(tmp_path) as url:
        assert isinstance(databases, ServerDatabases)
        name = url.rpartition("/")[2]
        schema.upgrade(url, "0006")
        databases.server.execute(
            f"ALTER DATABASE CHARACTER SET {default}",
            *(
                f"ALTER TABLE {table} CONVERT TO CHARACTER SET {default}"
                for table in ("networks", "floating_ips", "services", "host_problems")
            ),
            database=name,
        )
        assert len(schema.list_differences(url)) >= 4

        schema.upgrade(url)

        assert schema.list_differences(url) == []
