"""A wrong configuration stops the program with a line for each error.

The line has the place, the option, the value and what is right.
"""

from __future__ import annotations

import pytest

from cloudnet.common.settings.check import check_assignments
from cloudnet.common.settings.files import read_assignments
from cloudnet.common.settings.load import load_controller
from tests.unit.common.conftest import Write
from tests.unit.common.settings.refusing import caught, refusal


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "vlan_start = 5000",
            "1: [DEFAULT] vlan_start = 5000: a whole number from 1 to 4094 is needed",
        ),
        (
            "# a comment\n\nmulti_host = perhaps",
            "3: [DEFAULT] multi_host = perhaps: True or False is needed",
        ),
        (
            "vlan_start = \u0661\u0660\u0660",
            "1: [DEFAULT] vlan_start = \u0661\u0660\u0660: a whole number from 1 to 4094 is needed",
        ),
        (
            "vlan_start = 1_00",
            "1: [DEFAULT] vlan_start = 1_00: a whole number from 1 to 4094 is needed",
        ),
        (
            "[cloudnet]\nremovable_share = nan",
            "2: [cloudnet] removable_share = nan: a number from 0 to 1 is needed",
        ),
        (
            "[cloudnet]\nwiring_timeout = inf",
            "2: [cloudnet] wiring_timeout = inf: a number from 0 to 2147483647 is needed",
        ),
        (
            "fixed_ip_disassociate_timeout = 999999999999",
            (
                "1: [DEFAULT] fixed_ip_disassociate_timeout = 999999999999: a whole number "
                "from 0 to 2147483647 is needed"
            ),
        ),
        ("VLAN_START = 5", "1: [DEFAULT] VLAN_START = 5: no such option; did you mean vlan_start?"),
        (
            "my_ip = 172.16.99.1O8",
            "1: [DEFAULT] my_ip = 172.16.99.1O8: an IPv4 address such as 192.0.2.10 is needed",
        ),
        (
            "routing_source_ip = eth1",
            (
                "1: [DEFAULT] routing_source_ip = eth1: an IPv4 address such as 192.0.2.10, or "
                "nothing is needed"
            ),
        ),
        (
            "fixed_range = 10.0.0.0/40",
            (
                "1: [DEFAULT] fixed_range = 10.0.0.0/40: a network in CIDR notation, such as "
                "10.0.0.0/8, that overlaps none of 0.0.0.0/8, 224.0.0.0/4, 240.0.0.0/4, "
                "127.0.0.0/8, 169.254.0.0/16, or nothing, is needed"
            ),
        ),
        (
            "network_manager = nova.network.manager.VlanManger",
            (
                "1: [DEFAULT] network_manager = nova.network.manager.VlanManger: FlatManager, "
                "FlatDHCPManager or VlanManager, with or without nova.network.manager. is needed"
            ),
        ),
        (
            "dmz_cidr = 10.0.0.0/24, x",
            (
                "1: [DEFAULT] dmz_cidr = 10.0.0.0/24, x: a comma-separated list, each a network in "
                "CIDR notation, such as 10.0.0.0/8, is needed"
            ),
        ),
        (
            "[cloudnet]\nservices_for_guests = tcp:22, tcp:70000",
            (
                "2: [cloudnet] services_for_guests = tcp:22, tcp:70000: a comma-separated list, "
                "each tcp:PORT or udp:PORT, such as tcp:5000, or all is needed"
            ),
        ),
        (
            "public_interface = wlan0-with-long-nam",
            (
                "1: [DEFAULT] public_interface = wlan0-with-long-nam: lo or the name of a network "
                "device (1 to 15 letters, digits, dots, dashes and underscores, no dot or dash "
                "first, and none of all, default, lo) is needed"
            ),
        ),
        (
            "vlan_interface = lo",
            (
                "1: [DEFAULT] vlan_interface = lo: the name of a network device "
                "(1 to 15 letters, digits, dots, dashes and underscores, no dot or dash first, "
                "and none of all, default, lo) is needed"
            ),
        ),
        (
            "vlan_interface = eth0@x",
            (
                "1: [DEFAULT] vlan_interface = eth0@x: the name of a network device "
                "(1 to 15 letters, digits, dots, dashes and underscores, no dot or dash first, "
                "and none of all, default, lo) is needed"
            ),
        ),
        (
            "flat_interface = -x",
            (
                "1: [DEFAULT] flat_interface = -x: the name of a network device "
                "(1 to 15 letters, digits, dots, dashes and underscores, no dot or dash first, "
                "and none of all, default, lo) is needed"
            ),
        ),
        (
            "vlan_strat = 100",
            "1: [DEFAULT] vlan_strat = 100: no such option; did you mean vlan_start?",
        ),
        (
            "rabbit_hots = 192.0.2.1",
            (
                "1: [DEFAULT] rabbit_hots = 192.0.2.1: no such option; did you mean rabbit_hosts, "
                "rabbit_host or rabbit_port?"
            ),
        ),
        (
            "[quota]\nfloating_ip = 3",
            "2: [quota] floating_ip = 3: no such option; did you mean floating_ips?",
        ),
        (
            "[quota]\nvlan_start = 3",
            "2: [quota] vlan_start = 3: no such option; did you mean [DEFAULT] vlan_start?",
        ),
        (
            "spam = 1",
            (
                "1: [DEFAULT] spam = 1: no such option; remove it, or, if another program reads it "
                "here, add: [cloudnet] ignored_options = spam"
            ),
        ),
        ("[cloudnet]\nspam = 1", "2: [cloudnet] spam = 1: no such option; remove it"),
        (
            "[oslo_messaging_rabbit]\nheartbeat_rte = 1",
            (
                "2: [oslo_messaging_rabbit] heartbeat_rte = 1: no such option; did you mean "
                "heartbeat_rate?"
            ),
        ),
        (
            "vlan_start =",
            "1: [DEFAULT] vlan_start = : a whole number from 1 to 4094 is needed",
        ),
        (
            "state_path =",
            ("1: [DEFAULT] state_path = : an absolute path without control characters is needed"),
        ),
        (
            "host =",
            (
                "1: [DEFAULT] host = : a host's name: 1 to 255 printable characters without a "
                "space is needed"
            ),
        ),
        (
            "transport_url = rabbit://",
            (
                "1: [DEFAULT] transport_url = rabbit://: a URL such as "
                "rabbit://user:PASSWORD@172.16.99.1:5672/ is needed"
            ),
        ),
        (
            "transport_url = rabbit://a:b@h:5672,a:b@i:nine/",
            (
                "1: [DEFAULT] transport_url = rabbit://a:***@i:nine/: a URL such as "
                "rabbit://user:PASSWORD@172.16.99.1:5672/ is needed"
            ),
        ),
        ("debug = maybe", "1: [DEFAULT] debug = maybe: True or False is needed"),
        (
            "my_ip = $mine",
            (
                "1: [DEFAULT] my_ip = $mine: an IPv4 address such as 192.0.2.10 is needed, and "
                "$name "
                "must be another option's name (a literal $ is written $$)"
            ),
        ),
        (
            "[database]\nconnection = nosql://x:password@y",
            (
                "2: [database] connection = nosql://x:***@y: a URL such as "
                "postgresql+psycopg://cloudnet:PASSWORD@172.16.99.1/cloudnet "
                "(each @ and / in a password is written %40 and %2F), or sqlite:////PATH is needed"
            ),
        ),
        (
            "network_host",
            (
                "1: 'network_host' is not `name = value`, `[section]` or `# comment` (No ':' or "
                "'=' "
                "found in assignment)"
            ),
        ),
        (
            "[DEFAULT",
            (
                "1: '[DEFAULT' is not `name = value`, `[section]` or `# comment` (Invalid section "
                "(must end with ]))"
            ),
        ),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(write: Write, text: str, line: str) -> None:
    assert refusal(write(text)) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "num_networks = 96\nvlan_start = 4000",
            (
                "2: [DEFAULT] vlan_start = 4000, num_networks = 96: the last network's VLAN id "
                "would "
                "be 4095; num_networks of at most 95 is needed"
            ),
        ),
        (
            "fixed_range = 10.0.0.0/24\nnetwork_size = 1000",
            (
                "2: [DEFAULT] network_size = 1000, fixed_range = 10.0.0.0/24: the range has 256 "
                "addresses; network_size of at most 256 is needed"
            ),
        ),
        (
            "fixed_range = 10.0.0.0/24\nnetwork_size = 100\nnum_networks = 3",
            (
                "3: [DEFAULT] num_networks = 3, network_size = 100, fixed_range = 10.0.0.0/24: the "
                "range has room for 2 networks of 128 addresses; fewer or smaller networks, or a "
                "larger fixed_range, are needed"
            ),
        ),
        (
            "service_down_time = 10",
            (
                "1: [DEFAULT] service_down_time = 10, report_interval = 10: every host would "
                "count as "
                "down between two heartbeats; service_down_time of more than 10 is needed"
            ),
        ),
    ],
)
def test_options_that_contradict_each_other_are_refused(write: Write, text: str, line: str) -> None:
    assert refusal(write(text)) == line


def test_networks_up_to_the_last_vlan_id_are_accepted(write: Write) -> None:
    file = write("num_networks = 95\nvlan_start = 4000")

    load_controller(["--config-file", str(file)], "cloudnet-controller")


def test_vlan_ids_are_not_checked_for_flat_networks(write: Write) -> None:
    file = write("network_manager = FlatManager\nnum_networks = 2\nvlan_start = 4094")

    load_controller(["--config-file", str(file)], "cloudnet-controller")


def test_every_error_of_a_file_is_found(write: Write) -> None:
    file = write("vlan_strat = 100\nvlan_start = 200\nmulti_host = perhaps\nmy_ip = perhaps")

    checked = check_assignments(read_assignments([file]))

    assert checked.errors == [
        f"{file}:1: [DEFAULT] vlan_strat = 100: no such option; did you mean vlan_start?",
        f"{file}:3: [DEFAULT] multi_host = perhaps: True or False is needed",
    ]
    assert [assignment.line for _, assignment in checked.accepted] == [2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("--network_manager=Foo", "--network_manager=Foo: "),
        ("--vlan-start=0", "--vlan-start=0: "),
        ("vlan-start = 0", "[DEFAULT] vlan-start = 0: "),
        ("[oslo_messaging_rabbit]\nrabbit_port = x", "[oslo_messaging_rabbit] rabbit_port = x: "),
        ("rabbit_use_ssl = x", "[DEFAULT] rabbit_use_ssl = x: "),
        ("sql_connection = x://a@b", "[DEFAULT] sql_connection = x://a@b: "),
        ("sql_connection = x://a:p@b/c", "[DEFAULT] sql_connection = x://a:***@b/c: "),
        ("sql_connection = x://a:p:@/@b", "[DEFAULT] sql_connection = x://a:***@b: "),
        ("sql_connection = x://a:secret", "[DEFAULT] sql_connection = x://a:***: "),
        ("sql_connection = x://host:33", "[DEFAULT] sql_connection = x://host:33: "),
        ("sql_connection = x://b/c?password=p&a=1", "sql_connection = x://b/c?password=***&a=1: "),
        ("my_own_url = http://a:p@b", "[DEFAULT] my_own_url = http://a:***@b: "),
        ("sql_connection = a:p@b", "[DEFAULT] sql_connection = ***@b: "),
        ("my_own_password = p", "[DEFAULT] my_own_password = ***: "),
    ],
)
def test_an_assignment_is_shown_as_it_stands_without_its_password(
    write: Write, text: str, shown: str
) -> None:
    assert shown in caught(
        load_controller, ["--config-file", str(write(text))], "cloudnet-controller"
    )
