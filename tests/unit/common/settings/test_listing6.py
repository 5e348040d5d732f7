"""The published listing of nova-network works unchanged in every program."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.settings.load import load_agent, load_controller, read_controller
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.common.wire.objects import Topology
from tests.unit.common.conftest import Write

ROOT = Path(__file__).parents[4]
LISTING = ROOT / "etc" / "listing6.conf"


@pytest.fixture(params=["unchanged", "under [DEFAULT]"])
def listing(request: pytest.FixtureRequest, write: Write) -> Path:
    if request.param == "unchanged":
        return LISTING
    return write("[DEFAULT]\n" + LISTING.read_text())


def argv(*files: Path) -> Sequence[str]:
    return [word for file in files for word in ("--config-file", str(file))]


def assert_is_the_listing(settings: ControllerSettings) -> None:
    networks = settings.networks
    assert networks.topology is Topology.VLAN
    assert networks.network_host == "node1"
    assert not networks.multi_host
    assert networks.fixed_range == IPv4Network("10.0.0.0/8")
    assert networks.network_size == 1024
    assert networks.vlan_start == 100
    assert networks.vlan_interface == "eth0"
    assert settings.quarantine_seconds == 30


def test_the_controller_reads_the_listing(listing: Path) -> None:
    _, settings = load_controller(argv(listing), "cloudnet-controller")

    assert_is_the_listing(settings)


def test_a_one_shot_command_reads_the_listing(listing: Path) -> None:
    assert_is_the_listing(read_controller([listing], "cloudnet-manage"))


def test_the_agent_of_node1_reads_the_listing(listing: Path, tmp_path: Path) -> None:
    _, settings = load_agent(argv(listing), "cloudnet-agent")

    assert settings.vlan_interface == "eth0"
    assert settings.nat.public_interface == "eth1"
    assert settings.nat.routing_source_ip == IPv4Address("192.168.99.108")
    assert settings.nat.metadata_host == IPv4Address("172.16.99.108")
    assert settings.dhcp.force_release
    assert settings.dhcp.dhcpbridge.name == "cloudnet-dhcpbridge"


def test_a_second_file_adds_the_broker_and_the_database(write: Write) -> None:
    second = write(
        """
        [DEFAULT]
        transport_url = rabbit://cloudnet:secret@172.16.99.1:5672/
        [database]
        connection = sqlite:////srv/cloudnet.sqlite
        """.replace("        ", "")
    )

    _, settings = load_controller(argv(LISTING, second), "cloudnet-controller")

    assert_is_the_listing(settings)
    assert settings.rpc.transport_url == "rabbit://cloudnet:secret@172.16.99.1:5672/"
    assert settings.database == "sqlite:////srv/cloudnet.sqlite"


def test_the_listing_is_kept_as_it_was_published() -> None:
    assert LISTING.read_bytes() == (
        b"##### nova-network #####\n"
        b"network_manager=nova.network.manager.VlanManager\n"
        b"public_interface=eth1\n"
        b"vlan_interface=eth0\n"
        b"network_host=node1\n"
        b"fixed_range=10.0.0.0/8\n"
        b"network_size=1024\n"
        b"dhcpbridge_flagfile=/etc/nova/nova.conf\n"
        b"dhcpbridge=/usr/bin/nova-dhcpbridge\n"
        b"force_dhcp_release=True\n"
        b"fixed_ip_disassociate_timeout=30\n"
        b"my_ip=172.16.99.108\n"
        b"routing_source_ip=192.168.99.108\n"
    )
