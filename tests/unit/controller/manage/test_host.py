"""The commands of ``host``, and ``db restored``."""

from __future__ import annotations

from datetime import UTC, datetime

from cloudnet.controller.db.tables import host_agents, services
from tests.unit.controller.manage.conftest import Manage


def hold(manage: Manage, host: str) -> None:
    """Record that a host refuses the answers of this database."""
    manage.execute(host_agents.insert().values(host=host, held="reason"))


def test_a_held_host_is_accepted(manage: Manage) -> None:
    hold(manage, "node1")

    assert manage("host", "accept", "node1", "--dry-run").out == (
        "would have accepted host node1; each obeys from its next report\n"
    )
    assert manage.done("host", "accept", "--all").out == (
        "accepted host node1; each obeys from its next report\n"
    )
    assert manage.done("host", "show", "node1", "-f", "json").json["held"] == "reason"


def test_the_agent_of_a_host_is_shown_in_plain_words(manage: Manage) -> None:
    manage.execute(
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


def add_agent(manage: Manage, host: str) -> None:
    """Record that the agent of a host reported long ago."""
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    row = {"uuid": "u", "host": host, "binary": "cloudnet-agent", "topic": "t"}
    times = {"created_at": long_ago, "last_seen_up": long_ago}
    manage.execute(services.insert().values(**row, **times))


def test_a_host_is_disabled_with_a_reason_and_enabled(manage: Manage) -> None:
    add_agent(manage, "node1")

    assert manage.done("host", "disable", "node1", "--reason", "new memory").out == (
        "disabled host node1: it gets no new guests\n"
    )
    (row,) = manage.done("host", "list", "-f", "json").json
    assert (row["state"], row["disabled"]) == ("down", "new memory")
    assert manage.done("host", "enable", "node1").out == "enabled host node1\n"
    (row,) = manage.done("host", "list", "-f", "json").json
    assert row["disabled"] is None


def test_a_drained_host_is_forgotten(manage: Manage) -> None:
    add_agent(manage, "node1")

    drained = manage("host", "drain", "node1", "--dry-run").err
    assert drained.splitlines() == [
        "cloudnet-manage: dry run: nothing was changed",
        "cloudnet-manage: nothing to list",
    ]
    assert manage.done("host", "drain", "node1", "-f", "json").json == []
    assert manage("host", "forget", "node1", "--dry-run").out == ("would have removed host node1\n")
    assert manage.done("host", "forget", "node1").out == "removed host node1\n"
    assert manage.refused("host", "forget", "node1").startswith("nothing is known about host node1")
