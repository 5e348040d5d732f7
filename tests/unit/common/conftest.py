"""What tests of settings share: files to write, and a configuration that nobody else sees."""

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
def nothing_left_behind() -> Iterator[None]:
    """The global configuration is as empty after a test as it was before."""
    yield
    cfg.CONF.reset()
    logs._release_early_records()  # noqa: SLF001 - a test never gets as far as setting up logging
