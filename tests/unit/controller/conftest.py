"""A controller's use cases over a real SQLite file, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.controller.world import World, a_world, multi_host_settings


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        yield made


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[World]:
    """A world where networks are multi-host by default."""
    with a_world(tmp_path, multi_host_settings()) as made:
        yield made
