"""A wrong configuration stops the program with a line for each error.

The line has the place, the option, the value and what is right.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings.check import check_assignments
from cloudnet.common.settings.files import read_assignments
from cloudnet.common.settings.load import load_agent, load_controller, read_controller
from cloudnet.common.settings.options import GROUPS
from tests.unit.common.conftest import Write


def refusal(file: Path) -> str:
    """Return why the programs that read the wrong option refuse the file."""
    if controller := caught(load_controller, ["--config-file", str(file)], "cloudnet-controller"):
        assert caught(read_controller, [file], "cloudnet-manage") == controller
    agent = caught(load_agent, ["--config-file", str(file)], "cloudnet-agent")
    assert not (controller and agent) or controller == agent
    return (controller or agent).removeprefix(f"{file}:")


def caught(load: Callable[..., object], *arguments: object) -> str:
    """Return the message of the refusal, empty if there is none; other exceptions are bugs."""
    try:
        load(*arguments)
    except ConfigurationError as error:
        return str(error)
    return ""


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
            ("1: [DEFAULT] state_path = : an absolute path, without control characters is needed"),
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


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_agent(["--config-file", str(tmp_path / "none")], "cloudnet-agent")

    assert str(caught.value) == f"{tmp_path}/none: cannot be read: No such file or directory"


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Root can read every file, so become another user for a moment."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_file_without_read_permission_is_refused(write: Write) -> None:
    file = write("")
    file.chmod(0)

    with (
        as_an_ordinary_user(),
        pytest.raises(ConfigurationError, match="cannot be read: Permission denied"),
    ):
        load_agent(["--config-file", str(file)], "cloudnet-agent")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "nova.conf"
    file.write_bytes(b"my_ip = \xff\xfe")

    with pytest.raises(ConfigurationError, match="byte 8 is not UTF-8 text; save the file"):
        read_controller([file], "cloudnet-manage")


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--config-dir .*/none: cannot be read"):
        load_agent(["--config-dir", str(tmp_path / "none")], "cloudnet-agent")


def test_config_file_without_a_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        load_agent(["--config-file"], "cloudnet-agent")

    assert stopped.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "cloudnet-agent: error: argument --config-file: expected one argument"
    )


def test_an_unknown_argument_is_wrong_usage(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        load_agent(["--config-file", str(write("")), "--onec"], "cloudnet-agent")

    assert stopped.value.code == 2
    assert "unrecognized arguments: --onec" in capsys.readouterr().err


def test_help_works_with_a_wrong_file(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        load_agent(["--help", "--config-file", str(write("spam"))], "cloudnet-agent")

    assert not stopped.value.code
    assert "--config-file PATH" in capsys.readouterr().out


NAMES = st.sampled_from([o.dest for options in GROUPS.values() for o in options])
LINES = st.one_of(
    st.text(max_size=30),
    st.builds("[{}]".format, st.one_of(st.text(max_size=8), st.sampled_from(sorted(GROUPS)))),
    st.builds("{} = {}".format, NAMES, st.one_of(st.text(max_size=20), st.from_regex(r"\$\w+"))),
    st.builds("{} = ${}".format, NAMES, NAMES),
    st.builds("    {}".format, st.text(max_size=10)),
)


def refusal_or_empty(file: Path) -> str:
    """Return the refusal, or an empty text; any other exception is a bug."""
    try:
        read_controller([file], "cloudnet-manage")
    except ConfigurationError as error:
        return str(error)
    return ""


@given(lines=st.lists(LINES, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_read_or_refused_in_printable_lines(lines: list[str], tmp_path: Path) -> None:
    file = tmp_path / "nova.conf"
    file.write_text("\n".join(lines), encoding="utf-8", errors="replace")

    assert all(line.isprintable() for line in refusal_or_empty(file).split("\n"))


@given(lines=st.lists(LINES, max_size=4))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
def test_any_text_is_read_or_refused_in_printable_lines_by_an_agent(
    lines: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "nova.conf"
    file.write_text("\n".join(lines), encoding="utf-8", errors="replace")

    try:
        load_agent(["--config-file", str(file)], "cloudnet-agent")
        line = ""
    except ConfigurationError as error:
        line = str(error)

    assert all(part.isprintable() for part in line.split("\n"))


@given(garbage=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_read_or_refused_in_printable_lines(garbage: bytes, tmp_path: Path) -> None:
    file = tmp_path / "nova.conf"
    file.write_bytes(garbage)

    assert all(line.isprintable() for line in refusal_or_empty(file).split("\n"))


@pytest.mark.parametrize("value", ["$dhcp_lease_time", "$network_manager", "1h"])
def test_both_programs_refuse_a_wrong_lease_time(write: Write, value: str) -> None:
    file = write(f"dhcp_lease_time = {value}")

    assert refuses(load_agent, file)
    assert refuses(load_controller, file)


def refuses(load: Callable[..., object], file: Path) -> bool:
    return caught(load, ["--config-file", str(file)], "cloudnet-test") != ""


@pytest.mark.parametrize(
    "text",
    [
        "my_ip = eth0", "routing_source_ip = 10.0.0", "public_interface = a/b",
        "dhcp_domain = two words", "iptables_drop_action = DROP -x", "metadata_host = 224.0.0.1",
        "dns_server = 8.8.8.8:53", "networks_path = networks",
        "dnsmasq_config_file = /no/such/file", "dnsmasq_config_file = /etc",
    ],
)  # fmt: skip
def test_only_an_agent_refuses_what_only_an_agent_reads(write: Write, text: str) -> None:
    file = write(text)

    assert refuses(load_agent, file)
    assert not refuses(load_controller, file)


def test_a_missing_file_is_named_together_with_all_else_that_is_wrong(write: Write) -> None:
    file = write(
        "dns_server = 8.8.8.8:53\ndnsmasq_config_file = /no/such.conf\nstate_path = $state_path"
    )

    lines = caught(load_agent, ["--config-file", str(file)], "cloudnet-agent").split("\n")

    assert [line.partition(" = ")[0] for line in lines] == [
        f"{file}:1: [DEFAULT] dns_server",
        f"{file}:3: [DEFAULT] state_path",
        f"{file}:2: [DEFAULT] dnsmasq_config_file",
    ]


def test_a_file_for_dnsmasq_that_cannot_be_read_is_named_with_its_line(write: Write) -> None:
    file = write("state_path = /no\ndnsmasq_config_file = $state_path/such.conf")

    assert caught(load_agent, ["--config-file", str(file)], "cloudnet-agent") == (
        f"{file}:2: [DEFAULT] dnsmasq_config_file = $state_path/such.conf: /no/such.conf cannot be "
        "read (No such file or directory); create it, or leave the option empty"
    )


@pytest.mark.parametrize(
    "text",
    [
        "fixed_range = x", "network_size = many", "network_manager = my.own.Manager",
        "network_size = 1024\nfixed_range = 10.0.0.0/24", "[database]\nconnection = nosql://x",
        "[quota]\nfloating_ips = few", "fixed_range = 224.0.0.0/24", "flat_network_dns = 0.0.0.0",
    ],
)  # fmt: skip
def test_only_a_controller_refuses_what_only_a_controller_reads(write: Write, text: str) -> None:
    file = write(text)

    assert refuses(load_controller, file)
    assert not refuses(load_agent, file)


@pytest.mark.parametrize(
    "text",
    ["use_ipv6 = perhaps", "keys_path = $nowhere/keys", "gateway = x",
     "floating_range = 10.0.0.1/8",
     "injected_network_template = $pybasedir/nova/virt/interfaces.template"],
)  # fmt: skip
def test_no_program_refuses_the_value_of_an_option_without_effect(write: Write, text: str) -> None:
    file = write(text)

    assert not refuses(load_controller, file)
    assert not refuses(load_agent, file)


def test_a_value_may_refer_to_an_option_of_another_service(write: Write) -> None:
    file = write("my_ip = $ec2_host\nec2_host = $host_ip\nhost_ip = 192.0.2.9")

    _, loaded = load_agent(["--config-file", str(file)], "cloudnet-agent")

    assert str(loaded.nat.metadata_host) == "192.0.2.9"


def test_all_errors_are_printed_with_the_line_that_accepts_unknown_names(write: Write) -> None:
    file = write(
        "plugin_a = 1\nvlan_interface = lo\n[quota]\nplugin_b = 2\n"
        "[cloudnet]\nignored_options = plugin_c"
    )

    lines = caught(load_agent, ["--config-file", str(file)], "cloudnet-agent").split("\n")

    assert len(lines) == 4
    assert lines[1].startswith(f"{file}:2: [DEFAULT] vlan_interface = lo: the name of a network")
    ready = "[cloudnet] ignored_options = plugin_c, plugin_a, quota/plugin_b"
    assert lines[3] == f"to accept all names that other programs read here, add: {ready}"
    group, assignment = ready.split(" ", 1)
    accepted = (
        file.read_text()
        .replace("vlan_interface = lo", "")
        .replace("ignored_options = plugin_c", assignment)
    )
    assert group in accepted
    assert not refuses(load_agent, write(accepted))


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
        ("my_own_password = p", "[DEFAULT] my_own_password = ***: "),
    ],
)
def test_an_assignment_is_shown_as_it_stands_without_its_password(
    write: Write, text: str, shown: str
) -> None:
    assert shown in caught(
        load_controller, ["--config-file", str(write(text))], "cloudnet-controller"
    )


def test_a_flag_file_that_includes_itself_is_refused(write: Write) -> None:
    file = write("")
    file.write_text(f"--flagfile={file}")

    assert caught(load_agent, ["--config-file", str(file)], "cloudnet-agent") == (
        f"{file}:1: --flagfile={file} includes itself"
    )


@pytest.mark.parametrize("flag", ["--flagfile", "--flagfile="])
def test_a_flag_file_without_a_name_is_refused_with_its_line(write: Write, flag: str) -> None:
    expected = "1: --flagfile: the name of a file is needed: --flagfile=FILE"

    assert refusal(write(flag)) == expected


def test_a_flag_of_another_service_may_be_negated(write: Write) -> None:
    assert refusal(write("--nouse_cow_images\n--noverbose\n--nodaemon")) == ""


def test_a_flag_file_includes_another(write: Write) -> None:
    other = write("--vlan_start=7", "other.conf")

    _, loaded = load_controller(
        ["--config-file", str(write(f"--verbose\n--flagfile={other}"))], "cloudnet-controller"
    )

    assert loaded.networks.vlan_start == 7
