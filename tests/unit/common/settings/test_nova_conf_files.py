"""nova.conf files as real clouds have them, from Essex to Newton, start every program."""

from __future__ import annotations

import logging
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from oslo_config import cfg

from cloudnet.common import logs
from cloudnet.common.settings.check import check_assignments
from cloudnet.common.settings.files import read_assignments
from cloudnet.common.settings.load import load_agent, load_controller, read_controller
from cloudnet.common.settings.views import AgentSettings, ControllerSettings
from cloudnet.common.wire.objects import Topology

FILES = sorted((Path(__file__).parents[3] / "fixtures" / "nova_conf").glob("*.conf"))


# A file that the agent must be able to read, and that this machine may not have.
DNSMASQ_CONFIG_FILE = "/etc/dnsmasq.conf"


def argv(file: Path) -> list[str]:
    return ["--config-file", str(file)]


def on_a_node(file: Path, directory: Path) -> Path:
    """Return the file as it is on a node that has the file for dnsmasq."""
    more = directory / "dnsmasq.conf"
    more.touch()
    copy = directory / file.name
    copy.write_text(file.read_text().replace(DNSMASQ_CONFIG_FILE, str(more)))
    return copy


def controller(name: str) -> ControllerSettings:
    return load_controller(argv(find(name)), "cloudnet-controller")[1]


def agent(name: str) -> AgentSettings:
    return load_agent(argv(find(name)), "cloudnet-agent")[1]


def find(name: str) -> Path:
    [file] = [file for file in FILES if file.stem == name]
    return file


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The warnings of loading the settings, which is before logging is set up."""
    logs.buffer_early_records()
    logging.getLogger("cloudnet.common.settings").addHandler(caplog.handler)
    caplog.set_level(logging.WARNING)
    return caplog


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_program_starts_with_the_file(file: Path, tmp_path: Path) -> None:
    load_controller(argv(file), "cloudnet-controller")
    load_agent(argv(on_a_node(file, tmp_path)), "cloudnet-agent")
    read_controller([file], "cloudnet-manage")


def test_the_files_are_of_many_clouds_and_have_no_unknown_name() -> None:
    assert len(FILES) >= 18
    assert [check_assignments(read_assignments([file])).unknown for file in FILES] == [
        [] for _ in FILES
    ]


def test_a_flag_file_is_read() -> None:
    settings = controller("essex-flags-flatdhcp")

    assert settings.networks.topology is Topology.FLATDHCP
    assert settings.networks.fixed_range == IPv4Network("192.168.4.0/24")
    assert settings.database == "mysql://nova:secret@172.16.99.1/nova"
    assert settings.rpc.transport_url == "rabbit://guest:guest@172.16.99.1:5672/"
    of_agent = agent("essex-flags-flatdhcp")
    assert of_agent.flat_interface == "eth1"
    assert of_agent.dhcp.force_release
    assert of_agent.nat.routing_source_ip == IPv4Address("172.16.99.1")


def test_a_flag_without_a_value_is_true_and_with_no_before_its_name_false() -> None:
    assert controller("essex-flags-vlan").networks.multi_host
    settings = load_agent(argv(find("essex-flags-small-range")), "cloudnet-agent")
    assert settings[0].debug is False
    assert settings[0].use_ipv6 is False


def test_the_broker_of_kilo_is_where_kilo_has_it() -> None:
    rpc = controller("kilo-legacy-network").rpc

    assert rpc.transport_url == "rabbit://openstack:secret@controller:5672/"


def test_a_cluster_of_brokers_of_kilo_keeps_all_of_its_meaning() -> None:
    rpc = controller("kilo-cluster").rpc

    login = "nova:se%3Acr%2Fet"
    assert rpc.transport_url == f"rabbit://{login}@rabbit1:5672,{login}@rabbit2:5672/nova"
    rabbit = cfg.CONF.oslo_messaging_rabbit
    assert rabbit.ssl
    assert rabbit.ssl_ca_file == "/etc/ssl/certs/rabbit-ca.pem"
    assert rabbit.amqp_durable_queues
    assert rabbit.rabbit_ha_queues
    assert rabbit.heartbeat_timeout_threshold == 0


def test_queues_are_what_icehouse_made_them() -> None:
    controller("icehouse-durable-queues")

    rabbit = cfg.CONF.oslo_messaging_rabbit
    assert rabbit.amqp_durable_queues
    assert rabbit.rabbit_ha_queues
    assert rabbit.rabbit_login_method == "PLAIN"


def test_a_number_that_a_library_no_longer_takes_is_its_nearest_bound(
    warnings: pytest.LogCaptureFixture,
) -> None:
    controller("icehouse-durable-queues")

    assert cfg.CONF.oslo_messaging_rabbit.kombu_reconnect_delay == 4.5
    assert (
        "[DEFAULT] kombu_reconnect_delay = 5.0: a number from 0.0 to 4.5 is needed; using 4.5"
        in warnings.text
    )


@pytest.mark.parametrize("name", ["grizzly-flatdhcp", "havana-flatdhcp"])
def test_an_empty_fixed_range_means_that_there_is_no_default(name: str) -> None:
    assert controller(name).networks.fixed_range is None


def test_host_bits_of_a_range_are_masked_with_a_warning(warnings: pytest.LogCaptureFixture) -> None:
    assert agent("folsom-vlan").nat.dmz_cidr == (
        IPv4Network("172.16.99.0/24"),
        IPv4Network("10.128.0.0/24"),
    )

    assert "10.128.0.1/24 has host bits; using 10.128.0.0/24" in warnings.text


def test_another_brokers_driver_is_not_ignored_in_silence(
    warnings: pytest.LogCaptureFixture,
) -> None:
    controller("folsom-rpm-qpid")

    assert "impl_qpid: has no effect in cloudnet. cloudnet uses RabbitMQ." in warnings.text


def test_the_public_interface_of_a_single_machine_may_be_its_loopback_device() -> None:
    assert agent("folsom-single-machine").nat.public_interface == "lo"


def test_the_size_of_a_pool_of_connections_is_not_ignored_in_silence(
    warnings: pytest.LogCaptureFixture,
) -> None:
    controller("icehouse-durable-queues")
    controller("newton-legacy-network")

    assert "[database] max_pool_size = 50: has no effect in cloudnet." in warnings.text
    assert "[oslo_messaging_rabbit] pool_max_size = 30: has no effect in cloudnet." in warnings.text
