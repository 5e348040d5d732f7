"""Options that changed their names and groups keep their meaning."""

from __future__ import annotations

import pytest

from cloudnet.common.settings.files import Assignment
from cloudnet.common.settings.option_index import find_option
from cloudnet.common.settings.renames import RABBIT_GROUP, RENAMED, rename


@pytest.mark.parametrize(
    ("old", "current"),
    [
        (("DEFAULT", "rabbit_use_ssl"), (RABBIT_GROUP, "ssl")),
        ((RABBIT_GROUP, "rabbit_use_ssl"), (RABBIT_GROUP, "ssl")),
        (("DEFAULT", "kombu_ssl_ca_certs"), (RABBIT_GROUP, "ssl_ca_file")),
        (("DEFAULT", "rabbit_durable_queues"), (RABBIT_GROUP, "amqp_durable_queues")),
        ((RABBIT_GROUP, "rabbit_host"), ("DEFAULT", "rabbit_host")),
        (("DEFAULT", "rabbit_host"), ("DEFAULT", "rabbit_host")),
        ((RABBIT_GROUP, "ssl"), (RABBIT_GROUP, "ssl")),
        (("DEFAULT", "vlan_start"), ("DEFAULT", "vlan_start")),
    ],
)
def test_an_assignment_is_moved_and_keeps_its_place_value_and_written_name(
    old: tuple[str, str], current: tuple[str, str]
) -> None:
    renamed = rename(Assignment("nova.conf", 7, *old, "value"))

    assert (renamed.group, renamed.name) == current
    assert (renamed.place, renamed.value) == ("nova.conf:7", "value")
    assert (renamed.written_group, renamed.written_name, renamed.text_name) == (*old, old[1])


@pytest.mark.parametrize("old", RENAMED, ids="/".join)
def test_what_was_renamed_has_its_current_name_and_an_option(old: tuple[str, str]) -> None:
    once = rename(Assignment("nova.conf", 1, *old, "value"))
    again = rename(Assignment("nova.conf", 1, once.group, once.name, "value"))

    assert (again.group, again.name) == (once.group, once.name)
    assert find_option(once.group, once.name) is not None
