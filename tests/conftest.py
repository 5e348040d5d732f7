"""Settings of all tests.

``--database postgresql`` or ``--database mariadb`` runs the tests of the controller on a server of
that kind, which starts with the first of them; without it they run on SQLite files. Tests that are
about one database have a mark and run on that one only.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.fixtures.controller.databases import KINDS, Databases, choose, open_databases

# The time that an example takes depends on the machine, so no test fails because of it.
settings.register_profile("cloudnet", deadline=None)
settings.load_profile("cloudnet")

DATABASES = pytest.StashKey[Databases]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=KINDS, default="sqlite", help="what tests run on")


def pytest_configure(config: pytest.Config) -> None:
    for kind in KINDS:
        config.addinivalue_line("markers", f"{kind}: is about this database, and runs on it only")
    config.stash[DATABASES] = open_databases(config.option.database)
    choose(config.stash[DATABASES])


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[DATABASES].close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    others = set(KINDS) - {config.option.database}
    elsewhere = {item for item in items if others & {mark.name for mark in item.iter_markers()}}
    config.hook.pytest_deselected(items=list(elsewhere))
    items[:] = [item for item in items if item not in elsewhere]
