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
import sqlalchemy as sa
from oslo_config import cfg
from sqlalchemy.pool import NullPool

from cloudnet.common import logs
from cloudnet.controller.db.drivers import get_sqlite_file
from cloudnet.controller.manage.commands import command_manager
from cloudnet.controller.manage.main import ManageApp
from tests.fixtures.controller.databases import get_chosen

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

    def __init__(self, files: list[Path], url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.files = files
        self._url = url
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

    def execute(self, *statements: str | sa.Executable) -> None:
        """Change the database behind cloudnet's back."""
        file = get_sqlite_file(self._url)
        if file is not None:
            file.parent.mkdir(exist_ok=True)
        engine = sa.create_engine(self._url, poolclass=NullPool)
        with engine.begin() as connection:
            for each in statements:
                connection.execute(sa.text(each) if isinstance(each, str) else each)

    def list_tables(self) -> set[str]:
        """Return the tables that the database has."""
        return set(sa.inspect(sa.create_engine(self._url, poolclass=NullPool)).get_table_names())


def configure(folder: Path, url: str, capsys: pytest.CaptureFixture[str]) -> Manage:
    """Return the command for a cloud whose database has this URL."""
    where = folder / "where.conf"
    is_default = get_sqlite_file(url) is not None
    database = "" if is_default else f"[database]\nconnection = {url}\n"
    where.write_text(f"state_path = {folder}/state\ntransport_url = fake://\n{database}")
    return Manage([LISTING, where], url, capsys)


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Manage]:
    """A configured cloud without tables."""
    with get_chosen().bare(tmp_path / "state") as url:
        yield configure(tmp_path, url, capsys)


@pytest.fixture
def manage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Manage]:
    """A cloud with tables and nothing in them."""
    (tmp_path / "state").mkdir()
    with get_chosen().synced(tmp_path / "state") as url:
        yield configure(tmp_path, url, capsys)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """The global configuration is as empty after a test as it was before, and the log level too."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
    cfg.CONF.reset()
    logs.flush_early_records()  # most tests do not set up logging
