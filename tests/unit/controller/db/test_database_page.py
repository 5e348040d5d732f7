"""docs/operators/database.md: its tables are complete, and its statements do what they say."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloudnet.common.wire.objects import Fault
from cloudnet.controller.db.rows.raw import list_raw
from cloudnet.controller.db.tables import metadata
from cloudnet.controller.model.consistency.check import list_findings
from cloudnet.controller.model.consistency.finding import KEYS
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World

PAGE = (Path(__file__).parents[4] / "docs/operators/database.md").read_text()
TABLES = PAGE.partition("## Tables\n")[2]
BLOCKS = re.findall(r"^```sql\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##)", re.DOTALL | re.MULTILINE)


def split(block: str) -> list[str]:
    return [statement.strip() for statement in block.split(";") if statement.strip()]


def list_columns(text: str) -> list[str]:
    """Return the names in the first cells of a table."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


@pytest.fixture
def cloud(world: World) -> World:
    """The networks that the page edits, with an answer to each of its queries."""
    private, *_ = world.create_networks("private", num_networks=4)
    world.services.networks.associate("a", private.uuid)
    wide = world.network("wide", size=256, project="b", multi_host=True)
    world.boot(1, "a", "node1", (private, "10.0.0.3"), macs=("fa:16:3e:00:00:03",))
    world.boot(2, "a", "node1")
    world.boot(3, "b", "node1", (wide, None))
    world.services.leases.record_lease(IPv4Address("10.0.0.4"))
    world.delete(2)
    world.services.pools.create(IPv4Network("203.0.113.4/30"))
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.3"))
    world.services.quotas.set_limits("a", {"fixed_ips": 10})
    world.report("node1", faults=(Fault(None, "eth9 is missing"),))
    return world


def test_each_statement_in_turn_finds_or_changes_rows_and_no_row_contradicts_then(
    cloud: World,
) -> None:
    with cloud.services.database.reading() as connection:
        for block in BLOCKS:
            for statement in split(block):
                result = connection.execute(sa.text(statement))
                found = len(result.all()) if result.returns_rows else result.rowcount
                assert found > 0, statement
            findings = list_findings({table: list_raw(connection, table) for table in KEYS})
            assert findings == [], block
        connection.rollback()


def test_the_page_has_a_statement_for_each_question_of_nova_networks_operators() -> None:
    statements = [statement for block in BLOCKS for statement in split(block)]

    assert len(statements) >= 20


def test_the_page_describes_each_table_with_each_of_its_columns() -> None:
    described = {name: sorted(list_columns(text)) for name, text in SECTION.findall(TABLES)}

    del described["alembic_version"]
    assert described == {
        name: sorted(column.name for column in table.columns)
        for name, table in metadata.tables.items()
    }


def test_the_page_describes_the_columns_of_the_view(world: World) -> None:
    world.network()
    with world.services.database.reading() as connection:
        columns = list(connection.execute(sa.text("SELECT * FROM ip_usage")).keys())

    assert list_columns(PAGE.partition("## The view ip_usage")[2]) == columns
