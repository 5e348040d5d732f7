"""Deadlocks and lost connections: what did not commit is run again, and no caller sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.errors import OutcomeUnknown
from cloudnet.controller.db.tables import revisions
from tests.fixtures.controller.databases import ServerDatabases, open_databases
from tests.fixtures.controller.failing import failing_transactions
from tests.fixtures.controller.world import World, a_world

KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL CONNECTION {}"}
VALUES = "SELECT value FROM revisions WHERE name IN ('fixed_ranges', 'projects')"
OWN_ID = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT connection_id()"}


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def servers(request: pytest.FixtureRequest) -> Iterator[ServerDatabases]:
    """A server that the tests of this module may kill."""
    with open_databases(request.param) as opened:
        assert isinstance(opened, ServerDatabases)
        yield opened


@pytest.fixture
def served(servers: ServerDatabases, tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, databases=servers) as made:
        yield made


def set_value(connection: Connection, name: str, value: int) -> None:
    connection.execute(revisions.update().where(revisions.c.name == name).values(value=value))


def test_one_transaction_in_five_fails_and_no_caller_sees_it(world: World) -> None:
    network = world.network(size=64, project="a")

    with failing_transactions(0.2) as failures:
        for number in range(40):
            world.boot(number)
        for number in range(20):
            world.delete(number)
        world.end_quarantine()

    assert failures.count > 10
    assert world.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 20
    assert world.one("SELECT count(*) FROM virtual_interfaces") == 20
    assert world.services.networks.get_network(network.uuid).label == "private"


def test_a_deadlock_is_run_again(served: World) -> None:
    both_have_one = threading.Barrier(2)
    attempts = []

    def lock_both(first: str, second: str) -> None:
        def work(connection: Connection) -> None:
            attempts.append(first)
            set_value(connection, first, 1)
            if len(attempts) <= 2:
                both_have_one.wait(10)
            set_value(connection, second, 1)

        served.services.database.write(work)

    with ThreadPoolExecutor(2) as pool:
        pair = ("fixed_ranges", "projects")
        for done in [pool.submit(lock_both, *pair), pool.submit(lock_both, *reversed(pair))]:
            done.result(30)

    assert len(attempts) == 3
    assert served.rows(VALUES) == [(1,), (1,)]


@pytest.mark.parametrize("gracefully", [True, False])
def test_a_server_that_restarts_while_guests_are_created_loses_none(
    served: World, servers: ServerDatabases, gracefully: bool
) -> None:
    served.network(size=256, project="a")
    half_done = threading.Event()

    def boot(number: int) -> None:
        served.boot(number)
        if number == 40:
            half_done.set()

    with ThreadPoolExecutor(4) as pool:
        boots = [pool.submit(boot, number) for number in range(100)]
        half_done.wait(60)
        servers.server.restart(gracefully=gracefully)
        for done in boots:
            done.result(60)

    assert served.one("SELECT count(*) FROM fixed_ips WHERE allocated") == 100
    assert served.one("SELECT count(DISTINCT instance_uuid) FROM virtual_interfaces") == 100


class KilledConnection:
    """A transaction whose connection is lost once, before its commit or before its last change."""

    def __init__(self, servers: ServerDatabases, *, at_commit: bool) -> None:
        self.attempts = 0
        self._servers = servers
        self._at_commit = at_commit

    def __call__(self, connection: Connection) -> None:
        self.attempts += 1
        set_value(connection, "projects", 5)
        if self.attempts == 1:
            kind = connection.dialect.name
            number = connection.scalar(sa.text(OWN_ID[kind]))
            self._servers.server.execute(KILL[kind].format(number))
        if not self._at_commit:
            set_value(connection, "fixed_ranges", 5)


def test_a_transaction_whose_connection_is_lost_is_run_again(
    served: World, servers: ServerDatabases
) -> None:
    work = KilledConnection(servers, at_commit=False)

    served.services.database.write(work)

    assert work.attempts == 2
    assert served.rows(VALUES) == [(5,), (5,)]


def test_a_commit_without_an_answer_is_repeated_only_if_that_does_no_harm(
    served: World, servers: ServerDatabases
) -> None:
    once = KilledConnection(servers, at_commit=True)
    with pytest.raises(OutcomeUnknown, match="may be done or not; look before you ask again"):
        served.services.database.write(once)

    again = KilledConnection(servers, at_commit=True)
    served.services.database.write(again, idempotent=True)

    assert (once.attempts, again.attempts) == (1, 2)


def test_a_reader_sees_one_state_of_everything(world: World) -> None:
    database = world.services.database
    values = revisions.select().order_by(revisions.c.name)

    with database.reading() as connection:
        before = connection.execute(values).all()
        database.write(lambda other: set_value(other, "projects", 3))
        after = connection.execute(values).all()

    assert after == before
    assert world.one("SELECT value FROM revisions WHERE name = 'projects'") == 3
