"""``network``: nova-manage's options, defaults from the configuration, all or none."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.unit.controller.manage.conftest import Manage


def networks(manage: Manage, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = manage.done("network", "list", *words, "-f", "json").json
    return found


def test_four_networks_of_the_listing(manage: Manage) -> None:
    answer = manage.done(
        "network", "create", "--label", "private", "--num-networks", "4", "-f", "json"
    )

    assert [{k: v for k, v in n.items() if k != "uuid"} for n in answer.json] == [
        {
            "label": f"private_{n}",
            "cidr": f"10.0.{4 * n}.0/22",
            "topology": "vlan",
            "vlan": 100 + n,
            "bridge": f"br{100 + n}",
            "dhcp_start": f"10.0.{4 * n}.3",
            "dns1": "8.8.4.4",
            "dns2": None,
            "multi_host": False,
            "host": "node1",
            "project_id": None,
        }
        for n in range(4)
    ]
    assert networks(manage) == answer.json


def test_nova_manages_options_are_accepted(manage: Manage) -> None:
    answer = manage.done(
        "network", "create", "--label=old", "--fixed_range_v4=192.168.4.0/24",
        "--network_size=64", "--multi_host", "T", "--bridge_interface", "eth5", "--vlan=7",
        "--dns1", "192.0.2.1", "--dns2", "192.0.2.2", "--project_id", "p", "--priority", "1",
        "--uuid", "aaaaaaaa-0000-4000-8000-000000000001", "-f", "json",
    )  # fmt: skip

    [made] = answer.json
    shown = manage.done("network", "show", made["uuid"], "-f", "json").json
    assert made["cidr"] == "192.168.4.0/26"
    assert shown["multi_host"] is True
    assert shown["host"] is None
    assert shown["vlan"] == 7
    assert shown["bridge_interface"] == "eth5"
    assert (shown["dns1"], shown["dns2"]) == ("192.0.2.1", "192.0.2.2")
    assert shown["project_id"] == "p"
    assert shown["uuid"] == "aaaaaaaa-0000-4000-8000-000000000001"


def test_a_dry_run_shows_the_networks_and_creates_none(manage: Manage) -> None:
    answer = manage("network", "create", "--label", "x", "--dry-run", "-f", "json")

    assert answer.status == 0
    assert [n["cidr"] for n in answer.json] == ["10.0.0.0/22"]
    assert answer.err == "cloudnet-manage: dry run: nothing was changed\n"
    assert networks(manage) == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--fixed-range-v4", "10.0.0.0/30", "--network-size", "8"], "10.0.0.0/30 has room for 0"),
        (["--num-networks", "4000", "--network-size", "8"], "VLAN ids are free from 100"),
        (["--gateway-v6", "fd00::1"], "gateway_v6 fd00::1 needs cidr_v6"),
        (["--vlan", "5", "--num-networks", "2"], "vlan is for one network"),
    ],
)
def test_impossible_networks_are_refused_and_none_is_created(
    manage: Manage, words: list[str], line: str
) -> None:
    assert line in manage.refused("network", "create", "--label", "x", *words)

    assert networks(manage) == []


def test_an_overlap_is_refused(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")

    line = manage.refused("network", "create", "--label", "y", "--fixed-range-v4", "10.0.0.0/24")

    assert "10.0.0.0/24 overlaps network x 10.0.0.0/22 and has no room for networks of" in line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--fixed-range-v4", "10.0.0.0"], "like 10.0.0.0/24 is needed, not '10.0.0.0'"),
        (["--gateway", "10.0.0"], "an IPv4 address is needed, not '10.0.0'"),
        (["--vlan", "4095"], "a whole number from 1 to 4094 is needed, not '4095'"),
        (["--num-networks", "0"], "a whole number from 1 to 4094 is needed, not '0'"),
        (["--mtu", "575"], "a whole number from 576 to 65535 is needed, not '575'"),
        (["--priority", "99999999999999999999"], "from 0 to 2147483647 is needed"),
        (["--uuid", "x"], "a uuid is needed, not 'x'"),
        (["--multi-host", "perhaps"], "true or false is needed, not 'perhaps'"),
        (["--label", "a\nb"], "printable characters are needed, not 'a\\nb'"),
        (["--label", " "], "1 to 255 printable characters are needed, not ' '"),
        (["--project-id", ""], "1 to 255 printable characters are needed, not ''"),
        (["--host", ""], "argument --host: 1 to 255"),
        (["--host", "node 1"], "without a space are needed, not 'node 1'"),
        (["--bridge", ""], "argument --bridge: '' cannot be a device name"),
        (["--bridge", "eth0@x"], "argument --bridge: 'eth0@x' cannot be a device name"),
        (["--bridge-interface", "lo"], "argument --bridge-interface: 'lo' cannot be a device name"),
        (["--fixed-range-v4", "224.0.0.0/24"], "no guest can have an address of 224.0.0.0/4"),
        (["--fixed-range-v4", "127.0.0.0/24"], "no guest can have an address of 127.0.0.0/8"),
        (["--fixed-range-v4", "0.0.0.0/0"], "no guest can have an address of 0.0.0.0/8"),
        (["--dns1", "0.0.0.0"], "the address of one host is needed, not '0.0.0.0'"),
        (["--gateway", "224.0.0.1"], "the address of one host is needed, not '224.0.0.1'"),
        (["--multi-host", "--single-host"], "not allowed with argument --multi-host"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_wrong_usage_is_exit_status_2(manage: Manage, words: list[str], line: str) -> None:
    answer = manage("network", "create", "--label", "x", *words)

    assert answer.status == 2
    assert line in answer.err.splitlines()[-1]


def test_a_network_is_found_by_label_range_and_uuid(manage: Manage) -> None:
    [made] = manage.done("network", "create", "--label", "x", "-f", "json").json

    for name in ("x", "10.0.0.0/22", made["uuid"]):
        assert manage.done("network", "show", name, "-f", "value", "-c", "label").out == "x\n"


def test_a_label_of_two_networks_is_refused(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")
    assert manage("network", "create", "--label", "x").err == (
        "cloudnet-manage: network 10.0.0.0/22 has the label x, too: commands need a range or a "
        "uuid to tell them apart\n"
    )

    assert manage.refused("network", "show", "x") == (
        "2 networks are labelled 'x'; name one by its range (10.0.0.0/22, 10.0.4.0/22)"
    )


def test_an_unknown_network_is_refused(manage: Manage) -> None:
    assert manage.refused("network", "show", "x") == (
        "no network has the uuid, range or label 'x'; see `cloudnet-manage network list`"
    )


def test_all_similar_labels_are_suggested(manage: Manage) -> None:
    manage.done("network", "create", "--label", "shop", "--num-networks", "2")

    assert manage.refused("network", "show", "shop1") == (
        "no network has the uuid, range or label 'shop1'; did you mean shop_1 or shop_0? "
        "See `cloudnet-manage network list`"
    )


def test_a_network_is_associated_with_a_project_and_disassociated(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")

    assert manage.done("network", "associate", "--project-id", "a").out == (
        "associated network x 10.0.0.0/22 with project a\n"
    )
    assert [n["label"] for n in networks(manage, "--project-id", "a")] == ["x"]
    assert networks(manage, "--free") == []
    assert "belongs to project a" in manage.refused("network", "delete", "x")
    assert manage.done("network", "disassociate", "x").out == (
        "disassociated network x 10.0.0.0/22 from project a\n"
    )


def test_a_network_is_deleted_by_its_range_as_by_nova_manage(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")

    answer = manage.done("network", "delete", "--fixed_range", "10.0.0.0/22")

    assert answer.out == "deleted network x 10.0.0.0/22\n"
    assert networks(manage) == []


def test_a_dry_delete_deletes_nothing(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")

    answer = manage("network", "delete", "x", "--dry-run")

    assert answer.out == "would have deleted network x 10.0.0.0/22\n"
    assert [n["label"] for n in networks(manage)] == ["x"]


def test_a_network_is_changed_while_it_is_in_use(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")

    answer = manage.done("network", "set", "x", "--mtu", "1450", "--dns1", "192.0.2.1")

    assert answer.out == "set dns1=192.0.2.1 mtu=1450 on network x 10.0.0.0/22\n"
    shown = manage.done("network", "show", "x", "-f", "json").json
    assert (shown["mtu"], shown["dns1"]) == (1450, "192.0.2.1")


def test_a_change_is_made_completely_or_not_at_all(manage: Manage) -> None:
    manage.done("network", "create", "--label", "wide", "--multi-host")
    before = manage.done("network", "show", "wide", "-f", "json").json

    line = manage.refused(
        "network", "set", "wide", "--label", "changed", "--mtu", "1400", "--host", "node9"
    )

    assert line == "network wide is multi-host: every host is its own gateway; leave host out"
    assert manage.done("network", "show", "wide", "-f", "json").json == before


def test_a_table_prints_yes_no_and_blank(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")

    out = manage.done("network", "list", "-c", "label", "-c", "multi_host", "-c", "project_id").out

    assert out == (
        "+-------+------------+------------+\n"
        "| label | multi_host | project_id |\n"
        "+-------+------------+------------+\n"
        "| x     | no         |            |\n"
        "+-------+------------+------------+\n"
    )


def test_value_output_prints_none_and_true_as_openstack_does(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")

    out = manage.done(
        "network", "list", "-f", "value", "-c", "label", "-c", "project_id", "-c", "multi_host"
    ).out

    assert out == "x False None\n"


def test_shell_output_can_be_evaluated_whatever_a_label_has_in_it(manage: Manage) -> None:
    label = """a"b'c $(touch ran) `touch ran` \\ $HOME"""
    manage.done("network", "create", "--label", label)

    out = manage.done("network", "show", "10.0.0.0/22", "-f", "shell").out
    script = f'{out}printf "%s|" "$label" "$multi_host" "$project_id"'
    seen = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert seen.stdout == f"{label}|False|None|"


def test_a_range_of_which_a_part_is_used_is_named(manage: Manage) -> None:
    answer = manage("network", "create", "--label", "x", "--fixed-range-v4", "10.0.0.0/20")
    whole = manage("network", "create", "--label", "y", "--fixed-range-v4", "10.1.0.0/20",
                   "--network-size", "4096")  # fmt: skip

    assert (answer.status, whole.status) == (0, 0)
    assert answer.err == (
        "cloudnet-manage: 10.0.0.0/20 has 4096 addresses, but a network gets 1024 (network_size), "
        "a /22; to use the whole range, give network_size 4096\n"
    )
    assert whole.err == ""


def test_csv_and_yaml_print_plain_values(manage: Manage) -> None:
    manage.done("network", "create", "--label", "x")
    columns = ("-c", "label", "-c", "vlan", "-c", "multi_host", "-c", "project_id")

    assert manage.done("network", "list", "-f", "csv", "--quote", "minimal", *columns).out == (
        "label,vlan,multi_host,project_id\nx,100,False,\n"
    )
    assert manage.done("network", "list", "-f", "yaml", *columns).out == (
        "- label: x\n  multi_host: false\n  project_id: null\n  vlan: 100\n"
    )
