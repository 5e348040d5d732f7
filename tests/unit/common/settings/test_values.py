"""Defaults, derived values, and one file shared with nova of any age."""

from __future__ import annotations

import logging
import re
import socket
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cloudnet.common import logs
from cloudnet.common.settings.files import read_assignments
from cloudnet.common.settings.host_facts import find_my_ip
from cloudnet.common.settings.load import load_agent, load_controller, read_controller
from cloudnet.common.settings.options import GROUPS
from cloudnet.common.settings.views import AgentSettings, ControllerSettings, HostService
from cloudnet.common.wire.objects import Topology
from tests.unit.common.conftest import Write

FOLSOM = """
[DEFAULT]
verbose = True
logdir = /var/log/nova
state_path = /var/lib/nova
lock_path = /var/lock/nova
sql_connection = mysql://nova:secret@172.16.99.1/nova
rabbit_host = 172.16.99.1
rabbit_port = 5673
rabbit_userid = nova
rabbit_password = p/w@1
rabbit_virtual_host = /nova
network_manager = nova.network.manager.FlatDHCPManager
flat_network_bridge = br100
flat_interface = eth1
dns_server = 8.8.8.8
dmz_cidr = 10.128.0.0/24
dhcp_lease_time = 120
quota_floating_ips = 50
libvirt_type = kvm
compute_driver = libvirt.LibvirtDriver
glance_api_servers = 172.16.99.1:9292
rootwrap_config = /etc/nova/rootwrap.conf
node_availability_zone = nova
vpn_instance_type = m1.tiny
"""

ROCKY = """
[DEFAULT]
transport_url = rabbit://nova:secret@172.16.99.1:5672/
use_neutron = False
network_manager = nova.network.manager.VlanManager
vlan_interface = eth2
multi_host = True
network_host = node1
dns_server = 8.8.8.8
dns_server = 8.8.4.4
dhcpbridge_flagfile = /etc/nova/nova.conf
dhcpbridge_flagfile = /etc/nova/more.conf
force_snat_range = 192.0.2.0/24
force_snat_range = 198.51.100.0/24
cpu_allocation_ratio = 4.0
debug = true
executor_thread_pool_size = 4
[api_database]
connection = mysql+pymysql://nova:secret@172.16.99.1/nova_api
[database]
connection = mysql+pymysql://nova:secret@172.16.99.1/nova
max_pool_size = 20
[quota]
floating_ips = 20
cores = 100
[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 30
[oslo_concurrency]
lock_path = /var/lib/nova/tmp
[neutron]
url = http://172.16.99.1:9696
[upgrade_levels]
compute = auto
network = 1.17
"""


def controller(*files: Path) -> ControllerSettings:
    argv = [word for file in files for word in ("--config-file", str(file))]
    return load_controller(argv, "cloudnet-controller")[1]


def agent(file: Path) -> AgentSettings:
    return load_agent(["--config-file", str(file)], "cloudnet-agent")[1]


def test_an_empty_file_is_a_valid_configuration(write: Write) -> None:
    settings = controller(write(""))

    assert settings.host == socket.gethostname()
    assert settings.database == "sqlite:////var/lib/cloudnet/cloudnet.sqlite"
    assert settings.rpc.transport_url == "rabbit://guest:guest@127.0.0.1:5672/"
    assert settings.rpc.control_exchange == "nova"
    assert settings.networks.topology is Topology.VLAN
    assert settings.networks.multi_host


def test_a_folsom_file_is_read(write: Write) -> None:
    file = write(FOLSOM)

    settings = controller(file)

    assert settings.database == "mysql://nova:secret@172.16.99.1/nova"
    assert settings.rpc.transport_url == "rabbit://nova:p%2Fw%401@172.16.99.1:5673/%2Fnova"
    assert settings.networks.topology is Topology.FLATDHCP
    assert settings.networks.flat_network_bridge == "br100"
    assert settings.quota_floating_ips == 50
    of_agent = agent(file)
    assert of_agent.flat_interface == "eth1"
    assert of_agent.state_path == Path("/var/lib/nova")
    assert of_agent.dhcp.networks_path == Path("/var/lib/nova/networks")
    assert of_agent.dhcp.dns_servers == ("8.8.8.8",)
    assert of_agent.dhcp.lease_seconds == 120
    assert of_agent.nat.dmz_cidr == (IPv4Network("10.128.0.0/24"),)


def test_a_rocky_file_is_read(write: Write) -> None:
    file = write(ROCKY)

    settings = controller(file)

    assert settings.database == "mysql+pymysql://nova:secret@172.16.99.1/nova"
    assert settings.rpc.transport_url == "rabbit://nova:secret@172.16.99.1:5672/"
    assert settings.networks.network_host == "node1"
    assert settings.networks.multi_host  # set, so network_host does not decide it
    assert settings.quota_floating_ips == 20
    assert settings.workers == 4
    assert agent(file).dhcp.dns_servers == ("8.8.8.8", "8.8.4.4")


def test_the_operator_permits_what_is_closed(write: Write) -> None:
    text = (
        "[cloudnet]\nrouted_fixed_ranges = 10.0.0.0/8\nservices_for_guests = tcp:5000, UDP:123,all"
    )

    nat = agent(write(text)).nat

    assert nat.routed_ranges == (IPv4Network("10.0.0.0/8"),)
    assert nat.services == (
        HostService("tcp", 5000),
        HostService("udp", 123),
        HostService(None, None),
    )


def test_a_command_that_runs_once_reads_the_same_settings(write: Write) -> None:
    for text in ("", FOLSOM, ROCKY):
        file = write(text)

        assert read_controller([file], "cloudnet-manage") == controller(file)


def test_the_current_name_overrides_a_former_one_in_the_same_file(write: Write) -> None:
    file = write(
        "[database]\nconnection = sqlite:////new\n[DEFAULT]\nsql_connection = sqlite:////old"
    )

    assert controller(file).database == "sqlite:////new"


def test_a_later_file_overrides_an_earlier_one_even_with_a_former_name(write: Write) -> None:
    first = write("[database]\nconnection = sqlite:////first", "1.conf")
    second = write("sql_connection = sqlite:////second", "2.conf")

    assert controller(first, second).database == "sqlite:////second"


def test_a_wrong_value_that_a_later_file_overrides_is_only_noted(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    first = write("vlan_start = x\nreport_interval = 0", name="1.conf")
    second = write("vlan_start = 200\nreport_interval = 5", name="2.conf")

    settings = controller(first, second)
    logs.flush_early_records()

    assert settings.report_interval_seconds == 5
    noted = [each.getMessage() for each in caplog.records if "overrides it" in each.getMessage()]
    assert [each.partition(": ")[0] for each in noted] == [f"{first}:1", f"{first}:2"]


def test_a_directory_of_files_is_read_in_the_order_of_their_names(
    write: Write, tmp_path: Path
) -> None:
    write("vlan_start = 200", "20.conf")
    write("vlan_start = 100\nnum_networks = 3", "10.conf")
    write("vlan_start = 300", "ignored.txt")

    _, settings = load_controller(["--config-dir", str(tmp_path)], "cloudnet-controller")

    assert settings.networks.vlan_start == 200
    assert settings.networks.num_networks == 3


@pytest.mark.parametrize(
    ("text", "multi_host"),
    [
        ("", True),
        ("network_host = node1", False),
        ("network_host = node1\nmulti_host = True", True),
        ("multi_host = False", False),
        ("network_host =", True),
    ],
)
def test_multi_host_follows_network_host_unless_it_is_set(
    write: Write, text: str, multi_host: bool
) -> None:
    assert controller(write(text)).networks.multi_host is multi_host


@pytest.mark.parametrize(
    ("text", "topology"),
    [
        ("VlanManager", Topology.VLAN),
        ("nova.network.manager.FlatManager", Topology.FLAT),
        ("flatdhcpmanager", Topology.FLATDHCP),
        ("vlan", Topology.VLAN),
    ],
)
def test_the_network_manager_has_many_names(write: Write, text: str, topology: Topology) -> None:
    assert controller(write(f"network_manager = {text}")).networks.topology is topology


def test_addresses_follow_my_ip(write: Write) -> None:
    settings = agent(write("my_ip = 192.0.2.7"))

    assert settings.nat.routing_source_ip == IPv4Address("192.0.2.7")
    assert settings.nat.metadata_host == IPv4Address("192.0.2.7")


def test_an_empty_routing_source_ip_means_no_nat(write: Write) -> None:
    assert agent(write("routing_source_ip =")).nat.routing_source_ip is None


def test_my_ip_is_an_address_even_without_a_network() -> None:
    assert isinstance(find_my_ip(), IPv4Address)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 3), ("send_arp_for_ha = False", 0), ("send_arp_for_ha = True", 3)],
)
def test_gratuitous_arps_are_sent_unless_refused(write: Write, text: str, count: int) -> None:
    assert agent(write(text)).gratuitous_arps == count


def test_a_cluster_of_brokers_is_one_url(write: Write) -> None:
    settings = controller(write("rabbit_hosts = a, b:5673, fd00::1\nrabbit_userid = u"))

    assert settings.rpc.transport_url == (
        "rabbit://u:guest@a:5672,u:guest@b:5673,u:guest@[fd00::1]:5672/"
    )


def test_a_small_range_is_divided_evenly_if_no_size_is_set(write: Write) -> None:
    networks = controller(write("fixed_range = 192.168.0.0/26\nnum_networks = 2")).networks

    assert networks.network_size == 32


def test_quotes_and_special_characters_survive_oslo_config(write: Write) -> None:
    file = write("rabbit_password = \"it's #1; $$5 'q' \"\nrabbit_userid='u'")

    url = controller(file).rpc.transport_url

    assert url.startswith("rabbit://u:it%27s%20%231%3B%20%245%20%27q%27%20@")


@given(value=st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="$")))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_oslo_config_reads_the_same_value_as_the_parser(value: str, tmp_path: Path) -> None:
    file = tmp_path / "nova.conf"
    file.write_text(f"rabbit_userid = x{value}", encoding="utf-8")

    [assignment] = read_assignments([file])

    url = read_controller([file], "cloudnet-manage").rpc.transport_url
    assert urlsplit(url).username == quote(assignment.value, safe="")


@pytest.fixture
def early(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The records of loading the settings, which is before logging is set up."""
    logs.buffer_early_records()
    logging.getLogger("cloudnet.common.settings").addHandler(caplog.handler)
    caplog.set_level(logging.DEBUG)
    return caplog


def test_novas_lease_script_is_replaced_and_logged(
    write: Write, tmp_path: Path, early: pytest.LogCaptureFixture
) -> None:
    novas = tmp_path / "nova-dhcpbridge"
    novas.touch()
    file = write(f"dhcpbridge = {novas}")

    own = agent(file).dhcp.dhcpbridge

    assert own.name == "cloudnet-dhcpbridge"
    [line] = [r.getMessage() for r in early.records if r.levelno == logging.INFO]
    assert line == f"{file}:1: dhcpbridge = {novas} is nova's; using {own}"


def test_an_operators_lease_script_is_kept(write: Write, tmp_path: Path) -> None:
    mine = tmp_path / "my-dhcpbridge"
    mine.touch(mode=0o755)

    assert agent(write(f"dhcpbridge = {mine}")).dhcp.dhcpbridge == mine


def test_a_lease_script_that_dnsmasq_cannot_run_is_replaced_and_logged(
    write: Write, tmp_path: Path, early: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "my-dhcpbridge"
    mine.touch(mode=0o644)
    file = write(f"dhcpbridge = {mine}")

    own = agent(file).dhcp.dhcpbridge

    assert own.name == "cloudnet-dhcpbridge"
    [line] = [r.getMessage() for r in early.records if r.levelno == logging.INFO]
    assert line == f"{file}:1: dhcpbridge = {mine} is not executable; using {own}"


def test_other_programs_options_are_ignored_with_a_debug_line(
    write: Write, early: pytest.LogCaptureFixture
) -> None:
    file = write("cpu_allocation_ratio = 4.0")

    controller(file)

    debug = [r.getMessage() for r in early.records if r.levelno == logging.DEBUG]
    assert debug == [f"{file}:1: [DEFAULT] cpu_allocation_ratio: ignored: another program's"]


def test_an_option_can_be_declared_as_another_programs(write: Write) -> None:
    controller(write("my_plugin = 1\n[cloudnet]\nignored_options = other, my_plugin"))


def test_every_option_has_a_help_text_that_ends_like_a_sentence() -> None:
    for group, options in GROUPS.items():
        for option in options:
            assert re.search(r"[.)]$", option.help), f"[{group}] {option.name}"
