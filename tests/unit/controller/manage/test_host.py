"""The commands of ``host``, and ``db restored``."""

from __future__ import annotations

from datetime import UTC, datetime

from cloudnet.controller.db.tables import host_agents, services
from tests.unit.controller.manage.conftest import Manage

VM = "00000000-0000-4000-8000-000000000001"


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
    assert manage.done("db", "restored", "--wait", "60").out == (
        "noted the restore: no host is waited for: none is known in this copy; no address is "
        "allocated in the first 20 s of the controllers, in which newer hosts report\n"
    )
    assert manage("db", "restored", "--wait", "0").status == 2


def test_a_restore_names_the_hosts_that_are_waited_for(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")  # its gateway is node1
    add_agent(manage, "node2")

    noted = manage.done("db", "restored", "--wait", "15").out

    assert noted.startswith("noted the restore: waiting for node1, node2, at most for 15 s; no ")
    assert "in the first 15 s of the controllers" in noted


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


def test_a_host_that_never_reported_is_noted_where_others_have(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")
    add_agent(manage, "node1")
    note = (
        "cloudnet-manage: host nod1 has never reported; known: node1; see whether its agent runs "
        "under this name ([DEFAULT] host)\n"
    )
    boot = ("instance", "allocate", VM, "--project-id", "a", "--host")

    assert manage(*boot, "nod1").err == note
    assert manage("instance", "migrate", VM, "--host", "nod1").err == note
    assert manage("network", "set", "x", "--host", "nod1").err == note
    made = manage("network", "create", "--label", "y", "--host", "nod1")
    assert (made.status, made.err) == (0, note)
    manage.done("instance", "migrate", VM, "--host", "node1")


def test_a_host_that_never_reported_is_drained_and_forgotten(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")
    manage.done("instance", "allocate", VM, "--project-id", "a", "--host", "nod1")
    refusal = manage.refused("host", "forget", "nod1")
    assert refusal.endswith("`cloudnet-manage host drain nod1` lists them")

    [left] = manage.done("host", "drain", "nod1", "-f", "json").json

    assert (left["kind"], left["instance"]) == ("guest", VM)
    manage.done("instance", "deallocate", VM)
    assert manage.done("host", "forget", "nod1").out == "removed host nod1\n"
    assert [row["host"] for row in manage.done("host", "list", "-f", "json").json] == ["node1"]
    unknown = "host nod1 has never reported; known: none; see whether its agent runs under this "
    for words in (("disable",), ("enable",), ("drain",), ("accept",), ("show",)):
        assert manage.refused("host", *words, "nod1").startswith(unknown)
