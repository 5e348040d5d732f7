"""The columns of each command's output: scripts read them by name, so none is renamed or removed.

A new column is added here, too.
"""

from __future__ import annotations

from importlib import import_module

import pytest

from cloudnet.controller.manage.command_table import COMMANDS

COLUMNS = {
    "db check": "table row column problem remedy",
    "dns list": "domain name address instance_uuid",
    "dns list-domains": "domain scope availability_zone project_id",
    "fixed history": (
        "at event address mac instance_uuid project_id host network_uuid user_id request_id"
    ),
    "fixed list": (
        "address state mac instance_uuid hostname project_id host allocated leased "
        "reserved reason network_uuid"
    ),
    "floating allocate": "address pool project_id",
    "floating list": "address pool project_id fixed_address instance_uuid host interface",
    "host drain": "kind network address instance remedy",
    "host list": "host binary state disabled last_seen_up networks stale faults",
    "instance allocate": (
        "network address mac gateway floating_ips bridge vlan active vif_uuid network_uuid hostname"
    ),
    "instance list": "instance_uuid project_id host hostname addresses",
    "instance show": (
        "network address mac gateway floating_ips bridge vlan active vif_uuid network_uuid hostname"
    ),
    "network create": (
        "label cidr topology vlan bridge dhcp_start dns1 dns2 multi_host host project_id uuid"
    ),
    "network list": (
        "label cidr topology vlan bridge dhcp_start dns1 dns2 multi_host host project_id uuid"
    ),
    "operation list": "at source operation arguments user_id project_id request_id",
    "quota show": "resource limit in_use set_for_project",
    "usage": "label cidr project_id total used resting reserved free free_ranges network_uuid",
}


def get_columns(command: str) -> tuple[str, ...]:
    module, class_ = COMMANDS[command].split(":")
    columns: tuple[str, ...] = getattr(
        import_module(f"cloudnet.controller.manage.{module}"), class_
    ).columns
    return columns


@pytest.mark.parametrize("command", COMMANDS)
def test_scripts_find_the_columns_that_they_know(command: str) -> None:
    assert " ".join(get_columns(command)) == COLUMNS.get(command, "")
