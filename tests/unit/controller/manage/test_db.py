"""``db``: the tables are created, upgraded and compared, and their absence is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudnet.controller.db import schema
from tests.unit.controller.manage.conftest import Manage

HEAD = schema.get_head()


def database(tmp_path: Path) -> Path:
    return tmp_path / "state" / "cloudnet.sqlite"


@pytest.mark.sqlite
def test_sync_creates_the_tables_and_their_directory(bare: Manage, tmp_path: Path) -> None:
    answer = bare.done("db", "sync")

    assert answer.out == f"created the tables at version {HEAD}\n"
    assert database(tmp_path).exists()


@pytest.mark.sqlite
def test_no_other_user_reads_an_sqlite_database(bare: Manage, tmp_path: Path) -> None:
    bare("db", "sync")

    file = database(tmp_path)
    for each in (file, *file.parent.glob("cloudnet.sqlite-*")):
        assert each.stat().st_mode & 0o007 == 0
    assert file.parent.stat().st_mode & 0o006 == 0  # nobody else lists the directory


def test_sync_twice_is_success(manage: Manage) -> None:
    assert manage.done("db", "sync").out == f"the tables are at version {HEAD} already\n"


@pytest.mark.sqlite
def test_a_dry_sync_creates_nothing(bare: Manage, tmp_path: Path) -> None:
    answer = bare("db", "sync", "--dry-run")

    assert answer.out == f"would have created the tables at version {HEAD}\n"
    assert not database(tmp_path).exists()


def test_version_prints_the_version_of_the_tables(bare: Manage) -> None:
    assert bare.done("db", "version").out == ""
    bare.done("db", "sync")

    assert bare.done("db", "version").out == f"{HEAD}\n"


def test_check_finds_nothing_on_fresh_tables(manage: Manage) -> None:
    sentence = "the tables are those of this release, and no row is wrong\n"
    assert manage.done("db", "check").out == sentence


def test_check_finds_a_column_that_somebody_added(manage: Manage) -> None:
    manage.execute("ALTER TABLE networks ADD COLUMN colour TEXT")

    answer = manage("db", "check")

    assert answer.status == 1
    assert "colour" in answer.out
    assert answer.err == "cloudnet-manage: 1 error found; each row's remedy corrects it\n"


def test_check_finds_a_row_that_somebody_spoilt(manage: Manage) -> None:
    manage.done("network", "create", "--label", "a")
    manage.execute("UPDATE networks SET gateway = '192.0.2.1'")

    answer = manage("db", "check", "-f", "json")

    assert answer.status == 1
    [found] = answer.json
    assert (found["table"], found["row"], found["column"]) == ("networks", "1", "gateway")
    assert found["problem"].startswith("192.0.2.1 is not an address of a host in ")
    assert found["remedy"].startswith("give an address from ")


def test_a_list_without_a_row_that_cannot_be_read_names_it(manage: Manage) -> None:
    manage.done("network", "create", "--label", "list-me")
    manage.execute("UPDATE networks SET gateway = 'list-me-not'")

    answer = manage("network", "list", "-f", "json")

    assert answer.json == []
    [line] = answer.err.splitlines()
    assert line.startswith("cloudnet-manage: table networks, row 1, column gateway: left out")


def test_check_prints_an_empty_list_as_json_if_nothing_is_wrong(manage: Manage) -> None:
    assert manage.done("db", "check", "-f", "json").json == []


@pytest.mark.sqlite
def test_without_a_database_a_command_says_what_to_do(bare: Manage, tmp_path: Path) -> None:
    line = bare.refused("network", "list")

    assert line == (
        f"there is no database at {database(tmp_path)} yet; run `cloudnet-manage db sync`"
    )
    assert not database(tmp_path).exists()


def test_without_tables_a_command_says_what_to_do(bare: Manage) -> None:
    bare.execute()  # an SQLite file exists afterwards

    assert "run `cloudnet-manage db sync`" in bare.refused("network", "list")


def test_tables_of_a_newer_version_are_refused_by_every_command(manage: Manage) -> None:
    manage.execute("UPDATE alembic_version SET version_num = '9999'", "DROP TABLE floating_ips")

    newer = (
        "the tables are at version 9999, which this release does not know: a newer cloudnet "
        f"created them; install that one, or restore a copy of the database at version {HEAD}"
    )
    assert manage.refused("floating", "list") == newer
    assert manage.refused("db", "check") == newer
    assert manage.refused("db", "sync") == newer
    assert manage.refused("db", "sync", "--dry-run") == newer
    assert manage.done("db", "version").out == "9999\n"


def test_check_of_no_tables_says_what_to_do(bare: Manage) -> None:
    assert bare.refused("db", "check") == (
        "the database has no tables yet; run `cloudnet-manage db sync`"
    )


def test_the_help_of_a_dry_sync_promises_no_rollback(bare: Manage) -> None:
    out = bare("db", "sync", "--help").out

    assert "rolled back" not in out
    assert "only compare" in out


@pytest.mark.sqlite
def test_a_file_that_is_not_a_database_is_refused(bare: Manage, tmp_path: Path) -> None:
    database(tmp_path).parent.mkdir()
    database(tmp_path).write_bytes(b"not a database, but long enough to be taken for one" * 40)

    assert "file is not a database" in bare.refused("network", "list")
    assert "file is not a database" in bare.refused("db", "sync")


@pytest.mark.sqlite
def test_a_directory_that_cannot_be_created_is_refused(bare: Manage, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")

    line = bare.refused("db", "sync")

    assert line == f"{tmp_path}/state: File exists; see [database] connection or state_path"


def test_a_file_whose_directory_cannot_be_searched_is_refused(bare: Manage, tmp_path: Path) -> None:
    other = tmp_path / "other.conf"
    other.write_text(f"[database]\nconnection = sqlite:////{'d' * 300}/cloudnet.sqlite\n")
    bare.files.append(other)

    for words in (("network", "list"), ("db", "version"), ("db", "sync")):
        assert "File name too long; see [database] connection" in bare.refused(*words)


def test_a_driver_that_is_not_installed_is_named(bare: Manage, tmp_path: Path) -> None:
    other = tmp_path / "other.conf"
    other.write_text("sql_connection = mysql://nova:secret@127.0.0.1/nova\n")
    bare.files.append(other)

    for words in (("network", "list"), ("db", "sync"), ("db", "version")):
        line = bare.refused(*words)
        assert line.startswith("the driver for mysql:// is not installed (No module named")
        assert "secret" not in line


@pytest.mark.parametrize(
    ("tables", "whose"),
    [
        (("migrate_version", "networks", "fixed_ips", "instances", "quotas"), "nova's database"),
        (("wp_posts",), "tables of another program (wp_posts)"),
        (("a", "b", "c", "d"), "tables of another program (a, b, c, …)"),
        (("networks",), "tables of another program (networks)"),
    ],
)
def test_a_database_of_another_program_is_recognized_and_not_touched(
    bare: Manage, tables: tuple[str, ...], whose: str
) -> None:
    bare.execute(*(f"CREATE TABLE {table} (id INTEGER)" for table in tables))

    for words in (("db", "sync"), ("db", "sync", "--dry-run"), ("network", "list")):
        answer = bare(*words)
        assert answer.status == 1
        assert whose in answer.err
        assert "give cloudnet a database of its own" in answer.err
    assert bare.list_tables() == set(tables)
