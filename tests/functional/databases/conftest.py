"""Tests that run on each of the three databases, in one run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.controller.databases import KINDS, Databases, open_databases
from tests.fixtures.controller.world import World, a_world


@pytest.fixture(scope="session", params=KINDS)
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Databases of one kind; a server runs as long as tests on it do."""
    with open_databases(request.param) as opened:
        yield opened


@pytest.fixture
def world(databases: Databases, tmp_path: Path) -> Iterator[World]:
    """The use cases over a database with empty tables."""
    with a_world(tmp_path, databases=databases) as made:
        yield made
