"""The commands for instances, fixed and floating IPs, quotas and hosts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.unit.controller.manage.conftest import Manage

VM1 = "aaaaaaaa-0000-4000-8000-000000000001"
VM2 = "aaaaaaaa-0000-4000-8000-000000000002"


@pytest.fixture
def cloud(manage: Manage) -> Manage:
    """Two networks and a pool of floating IPs."""
    manage.done("network", "create", "--label", "private", "--num-networks", "2")
    manage.done("floating", "create", "--ip-range", "192.168.99.224/29")
    return manage


def boot(manage: Manage, instance: str = VM1, *words: str) -> str:
    return manage.done(
        "instance", "allocate", instance, "--project-id", "a", "--host", "node1", *words,
        "-f", "value", "-c", "address",
    ).out.strip()  # fmt: skip


def test_an_instance_is_allocated_shown_and_deallocated(cloud: Manage) -> None:
    assert boot(cloud) == "10.0.0.3"
    assert boot(cloud) == "10.0.0.3"

    [shown] = cloud.done("instance", "show", VM1, "-f", "json").json
    assert shown["network"] == "private_0"
    assert shown["gateway"] == "10.0.0.1"
    assert shown["bridge"] == "br100"
    assert shown["vlan"] == 100
    assert shown["active"] is False
    assert cloud.done("instance", "deallocate", VM1).out == f"deallocated instance {VM1}\n"
    assert cloud.done("instance", "show", VM1, "-f", "json").json == []


def test_an_instance_gets_a_requested_address(cloud: Manage) -> None:
    cloud.done("network", "associate", "private_1", "--project-id", "a")

    assert boot(cloud, VM1, "--network", "private_1=10.0.4.77") == "10.0.4.77"


def test_a_dry_run_of_an_allocation_changes_nothing(cloud: Manage) -> None:
    answer = cloud(
        "instance", "allocate", VM1, "--project-id", "a", "--host", "node1", "--dry-run",
        "-f", "value", "-c", "address",
    )  # fmt: skip

    assert answer.out == "10.0.0.3\n"
    assert "is unknown" in cloud.refused("instance", "show", VM1)
    assert len(cloud.done("network", "list", "--free", "-f", "json").json) == 2


def test_a_floating_ip_is_allocated_associated_and_released(cloud: Manage) -> None:
    fixed = boot(cloud)

    taken = cloud.done("floating", "allocate", "--project-id", "a", "-f", "json").json
    assert taken == {"address": "192.168.99.225", "pool": "nova", "project_id": "a"}
    address = taken["address"]
    assert cloud.done("floating", "associate", address, fixed).out == (
        f"associated floating IP {address} with {fixed}\n"
    )
    [listed] = cloud.done("floating", "list", "--project-id", "a", "-f", "json").json
    assert listed == {
        "address": address,
        "pool": "nova",
        "project_id": "a",
        "fixed_address": fixed,
        "instance_uuid": VM1,
        "host": "node1",
        "interface": None,
    }
    assert cloud.refused("floating", "release", address) == (
        f"{address} is associated; disassociate it first"
    )
    cloud.done("floating", "disassociate", address)
    assert cloud.done("floating", "release", address).out == f"released floating IP {address}\n"
    assert len(cloud.done("floating", "list", "--free", "-f", "json").json) == 6


def test_a_floating_ip_moves_and_its_previous_instance_is_printed(cloud: Manage) -> None:
    first, second = boot(cloud, VM1), boot(cloud, VM2)
    cloud.done("floating", "allocate", "--project-id", "a")
    cloud.done("floating", "associate", "192.168.99.225", first)

    out = cloud.done("floating", "associate", "192.168.99.225", second).out

    assert out == (
        f"associated floating IP 192.168.99.225 with {second} (before: instance {VM1})\n"
    )


def test_a_floating_ip_is_listed_with_the_host_that_is_gateway_now(cloud: Manage) -> None:
    fixed = boot(cloud)
    cloud.done("floating", "allocate", "--project-id", "a")
    cloud.done("floating", "associate", "192.168.99.225", fixed)

    out = cloud.done("network", "set", "private_0", "--host", "node7", "--mtu", "1400").out

    assert out == "set mtu=1400 host=node7 on network private_0 10.0.0.0/22\n"
    [listed] = cloud.done("floating", "list", "--host", "node7", "-f", "json").json
    assert listed["address"] == "192.168.99.225"
    assert cloud.done("floating", "list", "--host", "node1", "-f", "json").json == []


def test_floating_ips_are_created_all_or_none(cloud: Manage) -> None:
    line = cloud.refused("floating", "create", "--ip-range", "192.168.99.0/24")

    assert line == "192.168.99.225 is a floating IP already; nothing was created"
    assert len(cloud.done("floating", "list", "-f", "json").json) == 6


def test_a_range_of_floating_ips_is_deleted(cloud: Manage) -> None:
    out = cloud.done("floating", "delete", "--ip-range", "192.168.99.224/29").out

    assert out == "deleted 6 floating IPs of 192.168.99.224/29\n"


def test_an_address_is_reserved_and_unreserved(cloud: Manage) -> None:
    cloud.done("fixed", "reserve", "10.0.0.3")

    assert boot(cloud) == "10.0.0.4"
    assert cloud.done("fixed", "unreserve", "--address", "10.0.0.3").out == "unreserved 10.0.0.3\n"
    events = [e["event"] for e in cloud.done("fixed", "history", "10.0.0.3", "-f", "json").json]
    assert events == ["reserved", "unreserved"]


def test_the_addresses_of_an_instance_are_listed(cloud: Manage) -> None:
    fixed = boot(cloud)

    [row] = cloud.done("fixed", "list", "--instance", VM1, "-f", "json").json

    assert row["address"] == fixed
    assert row["project_id"] == "a"
    assert row["host"] == "node1"
    assert (row["allocated"], row["leased"], row["reserved"]) == (True, False, False)


def test_usage_counts(cloud: Manage) -> None:
    boot(cloud)

    [first, second] = cloud.done("usage", "-f", "json").json

    assert (first["total"], first["used"], first["free"]) == (1020, 1, 1019)
    assert (second["total"], second["used"], second["free"]) == (1020, 0, 1020)


def test_a_quota_is_set_and_enforced(cloud: Manage) -> None:
    cloud.done("quota", "set", "a", "--floating-ips", "1")
    cloud.done("floating", "allocate", "--project-id", "a")

    assert "project a uses 1 of 1 floating_ips" in cloud.refused(
        "floating", "allocate", "--project-id", "a"
    )
    assert cloud.done("quota", "show", "a", "-f", "json").json == [
        {"resource": "fixed_ips", "limit": -1, "in_use": 0, "set_for_project": False},
        {"resource": "floating_ips", "limit": 1, "in_use": 1, "set_for_project": True},
    ]


def test_a_quota_can_be_unlimited(cloud: Manage) -> None:
    assert cloud.done("quota", "set", "a", "--floating_ips", "unlimited").out == (
        "set floating_ips=-1 for project a\n"
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--ip-range", "192.0.2.1/32"], "give each address without /32"),
        (["--ip-range", "192.0.2.0/31"], "give each address without /31"),
        (["--ip-range", "192.0.2.1", "--interface", "eth0@x"], "cannot be a device name"),
    ],
)
def test_an_impossible_floating_range_is_wrong_usage(
    cloud: Manage, words: list[str], line: str
) -> None:
    refused = cloud("floating", "create", *words)

    assert refused.status == 2
    assert line in refused.err


@pytest.mark.parametrize(
    "words",
    [
        ("instance", "allocate", VM1, "--project-id", "", "--host", "node1"),
        ("instance", "allocate", VM1, "--project-id", "a", "--host", ""),
        ("instance", "allocate", VM1, "--project-id", "a", "--host", "h", "--hostname", ""),
        ("instance", "allocate", VM1, "--project-id", "a", "--host", "h", "--network", "x=abc"),
        ("instance", "allocate", VM1, "--project-id", "a", "--host", "h", "--network", "x="),
        ("floating", "allocate", "--project-id", ""),
        ("floating", "allocate", "--project-id", "a", "--pool", ""),
        ("floating", "create", "--ip-range", "192.0.2.1", "--pool", "x" * 256),
        ("quota", "set", "", "--fixed-ips", "1"),
        ("quota", "set", "a", "--fixed-ips", "99999999999999999999"),
        ("quota", "set", "a", "--fixed-ips", "-2"),
        ("quota", "set", "a", "--fixed-ips", "few"),
        ("network", "associate", "--project-id", ""),
        ("network", "delete", ""),
        ("network", "set", "private_0", "--label", ""),
        ("network", "set", "private_0", "--label", "two\nlines"),
        ("network", "set", "private_0", "--host", ""),
        ("network", "set", "private_0", "--mtu", "575"),
    ],
)
def test_invalid_names_and_numbers_are_wrong_usage(cloud: Manage, words: tuple[str, ...]) -> None:
    before = cloud.done("network", "list", "-f", "json").json

    answer = cloud(*words)

    assert (answer.status, answer.out) == (2, "")
    assert " needed, not " in answer.err.splitlines()[-1]
    assert cloud.done("network", "list", "-f", "json").json == before
    assert len(cloud.done("floating", "list", "--free", "-f", "json").json) == 6


def test_a_host_that_never_reported_is_unknown(cloud: Manage) -> None:
    [row] = cloud.done("host", "list", "-f", "json").json
    assert (row["host"], row["state"]) == ("node1", "never reported")  # a network names it
    assert cloud.refused("host", "show", "node9").startswith("host node9 has never reported")


def test_a_host_with_a_guest_shows_which_network_it_has_not_applied(cloud: Manage) -> None:
    boot(cloud)

    shown = cloud.done("host", "show", "node1", "-f", "json").json

    [program] = shown["programs"]
    assert program["state"] == "never reported"
    assert shown["faults"] == []
    [network] = shown["networks"]
    assert network["network"] == "private_0"
    assert network["applied_revision"] is None


def test_an_unreachable_broker_is_reported_and_the_change_is_kept(
    cloud: Manage, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = tmp_path / "away.conf"
    away.write_text(f"transport_url = rabbit://u:geheim@127.0.0.1:{port}/\n")
    cloud.files.append(away)

    answer = cloud("instance", "allocate", VM1, "--project-id", "a", "--host", "node1")

    assert answer.status == 0
    assert answer.err == (
        "cloudnet-manage: done, but cannot notify the hosts (no broker answers at "
        f"127.0.0.1:{port}: Connection refused; start it, or correct the transport URL); their "
        "agents get the change with their next heartbeat (every 10 s) that reaches a controller\n"
    )
    assert len(cloud.done("instance", "show", VM1, "-f", "json").json) == 1
