"""Instances, the states of addresses, usage as ranges, and the past of an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.controller.manage.conftest import Manage

VM1, VM2, VM3 = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


@pytest.fixture
def cloud(manage: Manage) -> Manage:
    """Two guests of project a, the first of which has a hostname, on a network of 16 addresses."""
    manage("network", "create", "--label", "private", "--network-size", "16")
    boot(manage, VM1, "--hostname", "web")
    boot(manage, VM2)
    return manage


def boot(manage: Manage, instance: str, *words: str) -> None:
    manage("instance", "allocate", instance, "--project-id", "a", "--host", "node1", *words)


def test_instances_are_listed_with_their_addresses(cloud: Manage) -> None:
    first, second = cloud.done("instance", "list", "-f", "json").json

    assert first == {
        "instance_uuid": VM1,
        "project_id": "a",
        "host": "node1",
        "hostname": "web",
        "addresses": ["10.0.0.3"],
    }
    assert (second["instance_uuid"], second["hostname"]) == (VM2, None)
    assert cloud.done("instance", "list", "--host", "node2", "-f", "json").json == []
    assert cloud.done("instance", "list", "--project-id", "b", "-f", "json").json == []


def test_an_instance_is_moved_but_not_by_a_dry_run(cloud: Manage) -> None:
    cloud("instance", "migrate", VM1, "--host", "node2", "--dry-run")
    assert cloud.done("instance", "list", "--host", "node2", "-f", "json").json == []

    answer = cloud("instance", "migrate", VM1, "--host", "node2")

    assert answer.out == f"moved instance {VM1} to host node2\n"
    [moved] = cloud.done("instance", "list", "--host", "node2", "-f", "json").json
    assert moved["instance_uuid"] == VM1


def test_a_hostname_is_shown_as_the_dns_label_that_is_stored(cloud: Manage) -> None:
    words = ("instance", "allocate", VM3, "--project-id", "a", "--host", "node1")
    answer = cloud.done(*words, "--hostname", "VM_3!.example.org", "-f", "json")

    assert [row["hostname"] for row in answer.json] == ["vm-3"]
    assert cloud.done("instance", "show", VM3, "-f", "value", "-c", "hostname").out == "vm-3\n"


def test_an_empty_list_is_a_note_and_no_output(cloud: Manage) -> None:
    empty = cloud("floating", "list")

    assert (empty.status, empty.out, empty.err) == (0, "", "cloudnet-manage: nothing to list\n")
    assert cloud.done("floating", "list", "-f", "json").json == []


def test_addresses_are_listed_by_state_without_what_networks_need(cloud: Manage) -> None:
    cloud("instance", "deallocate", VM2)
    cloud("fixed", "reserve", "10.0.0.9")

    def list_states(*words: str) -> list[tuple[str, str, str | None]]:
        rows = cloud.done("fixed", "list", *words, "-f", "json").json
        return [(row["address"], row["state"], row["hostname"]) for row in rows]

    assert list_states() == [
        ("10.0.0.3", "allocated", "web"),
        ("10.0.0.4", "resting", None),
        ("10.0.0.9", "reserved", None),
    ]
    assert list_states("--state", "resting") == [("10.0.0.4", "resting", None)]
    assert list_states("--project-id", "b") == []
    assert len(list_states("--all")) == 7
    assert len(list_states("--state", "reserved")) == 5


def test_usage_shows_resting_addresses_apart_and_the_free_ones_as_ranges(cloud: Manage) -> None:
    cloud("instance", "deallocate", VM2)
    cloud("fixed", "reserve", "10.0.0.9")

    [row] = cloud.done("usage", "--ranges", "--network", "private", "-f", "json").json

    assert (row["total"], row["used"], row["resting"], row["free"]) == (12, 1, 1, 9)
    assert row["free_ranges"] == ["10.0.0.5-10.0.0.8", "10.0.0.10-10.0.0.14"]
    assert "free_ranges" not in cloud.done("usage", "-f", "json").json[0]
    refused = cloud("usage", "-c", "free_ranges")
    assert (refused.status, "needs --ranges" in refused.err) == (2, True)


def test_who_had_an_address_at_a_time_is_shown(cloud: Manage) -> None:
    now = datetime.now(UTC)
    past, future = (now + timedelta(hours=n) for n in (-1, 1))

    def holders(at: datetime) -> list[tuple[str, str]]:
        rows = cloud.done("fixed", "history", "10.0.0.3", "--at", at.isoformat(), "-f", "json").json
        return [(row["event"], row["instance_uuid"]) for row in rows]

    assert holders(future) == [("allocated", VM1)]
    assert holders(past) == []
    [row] = cloud.done("fixed", "history", "--instance", VM2, "-f", "json").json
    assert (row["event"], row["address"]) == ("allocated", "10.0.0.4")
    assert cloud("fixed", "history").status == 2
    refused = cloud("fixed", "history", "10.0.0.3", "--at", "yesterday")
    assert (refused.status, "a time such as" in refused.err) == (2, True)
