"""Transactions: all or nothing, again after a lost race, and errors an operator can act on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.common.deadline import time_limit
from cloudnet.common.errors import DatabaseUnavailable, DeadlinePassed
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.tables import revisions
from tests.fixtures.controller.world import World


def test_a_transaction_that_raises_changes_nothing(world: World) -> None:
    def work(connection: Connection) -> None:
        connection.execute(sa.text("UPDATE revisions SET value = 99"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        world.services.database.write(work)

    assert world.rows("SELECT * FROM revisions WHERE value = 99") == []


def test_a_dry_run_returns_its_result_and_changes_nothing(world: World) -> None:
    dry = Database(world.settings.database, dry_run=True)

    def work(connection: Connection) -> int:
        connection.execute(sa.text("UPDATE revisions SET value = 99"))
        return int(connection.scalar(sa.text("SELECT max(value) FROM revisions")) or 0)

    assert dry.write(work) == 99
    assert world.rows("SELECT * FROM revisions WHERE value = 99") == []
    dry.close()


def test_a_lost_race_is_run_again(world: World) -> None:
    tries = []

    def work(connection: Connection) -> None:
        tries.append(1)
        if len(tries) < 3:
            connection.execute(sa.text("INSERT INTO revisions VALUES ('projects', 1)"))

    world.services.database.write(work)

    assert len(tries) == 3


def test_a_race_that_is_always_lost_ends(world: World) -> None:
    def work(connection: Connection) -> None:
        connection.execute(sa.text("INSERT INTO revisions VALUES ('projects', 1)"))

    with pytest.raises(Conflict) as refused:
        world.services.database.write(work)

    assert refused.value.is_on("revisions", "name")


def test_foreign_keys_are_enforced(world: World) -> None:
    def work(connection: Connection) -> None:
        connection.execute(
            sa.text(
                "INSERT INTO virtual_interfaces (created_at, address, network_id, instance_uuid, "
                "uuid, host_revision) VALUES ('2026-01-01', '02:00:00:00:00:01', 7, 'x', 'y', 1)"
            )
        )

    with pytest.raises(Conflict, match=r"(?i)foreign key") as refused:
        world.services.database.write(work)

    assert refused.value.table == "virtual_interfaces"


@pytest.mark.sqlite
def test_a_commit_survives_a_power_cut_and_readers_do_not_wait(world: World) -> None:
    with world.services.database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_database_without_tables_names_the_remedy(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/none.sqlite")

    with (
        pytest.raises(DatabaseUnavailable, match="cloudnet-manage db sync"),
        database.reading() as connection,
    ):
        connection.execute(sa.text("SELECT * FROM networks"))


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/no/such/folder/none.sqlite")

    with (
        pytest.raises(DatabaseUnavailable, match="unable to open database file"),
        database.reading(),
    ):
        pass


@pytest.mark.parametrize("query", ["speed=high", "charset=klingon"])
def test_an_argument_that_the_driver_does_not_know_is_one_line(query: str) -> None:
    database = Database(f"mysql+pymysql://nova:secret@127.0.0.1:1/nova?{query}")

    with pytest.raises(DatabaseUnavailable) as refused, database.reading():
        pass

    assert str(refused.value).startswith("the driver pymysql refuses an argument (")
    assert str(refused.value).endswith("correct what follows the ? in [database] connection")
    database.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://nova:secret@127.0.0.1/nova", "No module named 'MySQLdb'"),
        ("mysql+oursql://nova:secret@127.0.0.1/nova", "mysql.oursql"),
    ],
)
def test_a_missing_driver_is_named_with_the_remedy(url: str, reason: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        Database(url)

    line = str(refused.value)
    assert line.startswith(f"the driver for {url.partition('://')[0]}:// is not installed (")
    assert reason in line
    assert "secret" not in line


def test_a_file_that_is_not_a_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "garbage.sqlite").write_bytes(b"no database at all " * 1000)
    database = Database(f"sqlite:///{tmp_path}/garbage.sqlite")

    with (
        pytest.raises(DatabaseUnavailable, match=r"not a database; see .database. conn"),
        database.reading(),
    ):
        pass
    database.close()


def test_a_database_whose_connections_are_all_in_use_is_unavailable(world: World) -> None:
    database = Database(world.settings.database, connections=1, wait_seconds=0.01)

    with (
        database.reading(),
        pytest.raises(DatabaseUnavailable, match="every connection to the database is in use"),
        database.reading(),
    ):
        pass
    database.close()


def test_a_write_whose_caller_no_longer_waits_changes_nothing(world: World) -> None:
    locked, late = Database(world.settings.database), Database(world.settings.database)
    is_locked, release = threading.Event(), threading.Event()

    def set_value(connection: Connection, value: int) -> None:
        connection.execute(revisions.update().values(value=value))

    def hold_the_lock(connection: Connection) -> None:
        set_value(connection, 7)
        is_locked.set()
        release.wait(10)

    holder = threading.Thread(target=locked.write, args=(hold_the_lock,))
    holder.start()
    is_locked.wait(10)
    threading.Timer(0.3, release.set).start()
    with time_limit(0.1), pytest.raises(DeadlinePassed):
        late.write(lambda connection: set_value(connection, 8))
    holder.join()
    locked.close()
    late.close()

    assert world.one("SELECT DISTINCT value FROM revisions") == 7
