"""Each program refuses what it reads, and nothing else; all errors are named at once."""

from __future__ import annotations

import pytest

from cloudnet.common.settings.load import load_agent, load_controller
from tests.unit.common.conftest import Write
from tests.unit.common.settings.refusing import caught, refuses


@pytest.mark.parametrize("value", ["$dhcp_lease_time", "$network_manager", "1h"])
def test_both_programs_refuse_a_wrong_lease_time(write: Write, value: str) -> None:
    file = write(f"dhcp_lease_time = {value}")

    assert refuses(load_agent, file)
    assert refuses(load_controller, file)


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
