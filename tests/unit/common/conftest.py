"""Fixtures for tests of settings: configuration files, and a clean global configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from oslo_config import cfg

from cloudnet.common import logs

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a configuration file and return where it is."""

    def written(text: str, name: str = "nova.conf") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture(autouse=True)
def clean_global_state() -> Iterator[None]:
    """Leave the global configuration as empty as it was before the test."""
    yield
    cfg.CONF.reset()
    logs.flush_early_records()  # most tests do not set up logging
