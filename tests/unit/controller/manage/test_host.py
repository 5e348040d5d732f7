"""``host accept`` and ``db restored``: what an operator does about a database and its hosts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.unit.controller.manage.conftest import Manage


def hold(tmp_path: Path, host: str) -> None:
    """Record that a host refuses the answers of this database."""
    with sqlite3.connect(tmp_path / "state" / "cloudnet.sqlite") as connection:
        connection.execute("INSERT INTO host_agents (host, held) VALUES (?, 'reason')", [host])


def test_a_held_host_is_accepted(manage: Manage, tmp_path: Path) -> None:
    hold(tmp_path, "node1")

    assert manage("host", "accept", "node1", "--dry-run").out == (
        "would have accepted host node1; each obeys from its next report\n"
    )
    assert manage.done("host", "accept", "--all").out == (
        "accepted host node1; each obeys from its next report\n"
    )
    assert manage.done("host", "show", "node1", "-f", "json").json["held"] == "reason"


def test_the_agent_of_a_host_is_shown_in_plain_words(manage: Manage, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state" / "cloudnet.sqlite") as connection:
        connection.execute(
            "INSERT INTO host_agents (host, agent, my_ip) VALUES ('node1', 'a1', '192.0.2.1')"
        )

    shown = manage.done("host", "show", "node1").out

    assert "| agent: a1, my_ip: 192.0.2.1, boot_id: none " in shown


def test_nothing_is_accepted_where_nothing_is_held(manage: Manage) -> None:
    assert manage.done("host", "accept", "--all").out.startswith("accepted no host")
    assert manage.refused("host", "accept", "node9").startswith("host node9 has never reported")


def test_a_restore_is_noted(manage: Manage) -> None:
    assert manage("db", "restored", "--wait", "60").out == (
        "noted the restore: hosts are waited for, at most for 60 s\n"
    )
    assert manage("db", "restored", "--wait", "0").status == 2
