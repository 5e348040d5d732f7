"""Run ``cloudnet-manage`` in the test's process, on a database of its own."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from cloudnet.common import logs
from cloudnet.controller.manage.commands import command_manager
from cloudnet.controller.manage.main import ManageApp

PROGRESS = re.compile(r"cloudnet-manage: working, \d+ s so far\n")  # a busy machine is slow
LISTING = Path(__file__).parents[4] / "etc" / "listing6.conf"


@dataclass(frozen=True)
class Result:
    """The output and the exit status of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the parsed output; Any: JSON."""
        return json.loads(self.out)


class Manage:
    """Runs commands: ``manage("network", "list", "-f", "json").json``."""

    def __init__(self, files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
        self.files = files
        self.commands = command_manager()
        self._capsys = capsys

    def __call__(self, *words: str) -> Result:
        """Run one command."""
        files = [word for file in self.files for word in ("--config-file", str(file))]
        self._capsys.readouterr()
        try:
            status = ManageApp(self.commands).run([*files, *words])
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        out, err = self._capsys.readouterr()
        return Result(status, out, PROGRESS.sub("", err))

    def done(self, *words: str) -> Result:
        """Run one command that must succeed and print nothing to stderr."""
        result = self(*words)
        assert (result.status, result.err) == (0, "")
        return result

    def refused(self, *words: str) -> str:
        """Run one command that must be refused, and return its line without the program's name."""
        result = self(*words)
        assert result.status == 1
        assert result.out == ""
        [line] = result.err.splitlines()
        return line.removeprefix("cloudnet-manage: ")


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Manage:
    """A configured cloud without a database."""
    where = tmp_path / "where.conf"
    where.write_text(f"state_path = {tmp_path}/state\ntransport_url = fake://\n")
    return Manage([LISTING, where], capsys)


@pytest.fixture
def manage(bare: Manage) -> Manage:
    """A cloud with tables and nothing in them."""
    bare.done("db", "sync")
    return bare


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """The global configuration is as empty after a test as it was before, and the log level too."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
    cfg.CONF.reset()
    logs.flush_early_records()  # most tests do not set up logging
