"""``cloudnet-manage`` in this process, on a database of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from cloudnet.common import logs
from cloudnet.controller.manage.main import ManageApp

LISTING = Path(__file__).parents[4] / "etc" / "listing6.conf"


@dataclass(frozen=True)
class Answer:
    """What a command printed and returned."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read back; Any: JSON."""
        return json.loads(self.out)


class Manage:
    """An operator at a shell: ``manage("network", "list", "-f", "json").json``."""

    def __init__(self, files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
        self.files = files
        self._capsys = capsys

    def __call__(self, *words: str) -> Answer:
        """Run one command."""
        files = [word for file in self.files for word in ("--config-file", str(file))]
        self._capsys.readouterr()
        try:
            status = ManageApp().run([*files, *words])
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        out, err = self._capsys.readouterr()
        return Answer(status, out, err)

    def done(self, *words: str) -> Answer:
        """Run one command that must succeed in silence."""
        answer = self(*words)
        assert (answer.status, answer.err) == (0, "")
        return answer

    def refused(self, *words: str) -> str:
        """Run one command that must be refused, and return its one line without the program."""
        answer = self(*words)
        assert answer.status == 1
        assert answer.out == ""
        [line] = answer.err.splitlines()
        return line.removeprefix("cloudnet-manage: ")


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Manage:
    """A cloud that is configured and nothing else."""
    where = tmp_path / "where.conf"
    where.write_text(f"state_path = {tmp_path}/state\ntransport_url = fake://\n")
    return Manage([LISTING, where], capsys)


@pytest.fixture
def manage(bare: Manage) -> Manage:
    """A cloud with tables."""
    bare.done("db", "sync")
    return bare


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """The global configuration is as empty after a test as it was before."""
    yield
    cfg.CONF.reset()
    logs._release_early_records()  # noqa: SLF001 - a test never sets up logging
