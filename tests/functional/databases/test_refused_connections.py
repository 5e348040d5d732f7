"""What a server refuses is named in one line: no such database, no such user, no permission."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db import schema
from tests.fixtures.controller.databases import ServerDatabases, open_databases
from tests.fixtures.servers.server import find_free_port


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def servers(request: pytest.FixtureRequest) -> Iterator[ServerDatabases]:
    with open_databases(request.param) as opened:
        assert isinstance(opened, ServerDatabases)
        yield opened


@pytest.fixture
def url(servers: ServerDatabases, tmp_path: Path) -> Iterator[sa.URL]:
    with servers.bare(tmp_path) as bare:
        yield sa.make_url(bare)


def refuse(url: sa.URL) -> str:
    """Return the line with which all that an operator does first is refused."""
    lines = set()
    for command in (schema.upgrade, schema.get_version):
        with pytest.raises(DatabaseUnavailable) as refused:
            command(url.render_as_string(hide_password=False))
        lines.add(str(refused.value))
    [line] = lines
    assert "\n" not in line
    return line


def test_a_database_that_does_not_exist(url: sa.URL) -> None:
    line = refuse(url.set(database="elsewhere"))

    assert line.startswith("the server has no database of this name (")
    assert "elsewhere" in line
    assert line.endswith("create it there, and then its tables with `cloudnet-manage db sync`")


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}])
def test_a_user_or_a_password_that_is_wrong(url: sa.URL, wrong: dict[str, str]) -> None:
    assert refuse(url.set(**wrong)).startswith("the database server refuses this user (")  # type: ignore[arg-type] # mypy takes them for any argument


def test_a_server_that_does_not_run(url: sa.URL) -> None:
    line = refuse(url.set(port=find_free_port()))

    assert line.startswith("the database does not answer: ")


def test_a_user_who_may_not_create_tables(url: sa.URL, servers: ServerDatabases) -> None:
    servers.server.create_user("reader", "secret")
    reader = url.set(username="reader", password="secret").render_as_string(hide_password=False)

    with pytest.raises(DatabaseUnavailable) as refused:
        schema.upgrade(reader)

    line = str(refused.value)
    assert "\n" not in line
    assert "reader" in line or "may not create tables here (permission denied for schema" in line
