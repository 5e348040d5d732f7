"""``operation list``: each command that changes something, once, with its user."""

from __future__ import annotations

from tests.unit.controller.manage.conftest import Manage

COMMAND = ("network", "create", "--label", "private", "--network-size", "16")


def test_a_command_that_changes_something_is_listed_with_its_arguments(manage: Manage) -> None:
    manage(*COMMAND, "--dry-run")
    manage.done("network", "list", "-f", "json")
    manage(*COMMAND)

    [listed] = manage.done("operation", "list", "-f", "json").json

    assert (listed["source"], listed["operation"]) == ("cloudnet-manage", "network create")
    assert listed["arguments"] == '{"label": "private", "network_size": "16"}'
    assert listed["user_id"]


def test_the_last_ones_are_listed(manage: Manage) -> None:
    manage("network", "create", "--label", "private")
    for address in ("10.0.0.5", "10.0.0.6", "10.0.0.7"):
        manage("fixed", "reserve", address)

    listed = manage.done("operation", "list", "--last", "2", "-f", "json").json

    assert [row["arguments"] for row in listed] == [
        '{"address": "10.0.0.6"}',
        '{"address": "10.0.0.7"}',
    ]
