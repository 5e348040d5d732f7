"""Creating networks: what a request and the configuration lead to, and what is refused."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from cloudnet.common.errors import (
    AddressOutOfRange,
    BadRequest,
    CidrConflict,
    CloudnetError,
    DuplicateVlan,
    InvalidCidr,
    InvalidInput,
    InvalidIntValue,
    NetworkNotCreated,
    NoMoreVlans,
)
from cloudnet.common.wire.objects import Report, ReportedRange, Topology
from cloudnet.controller.service.networks.peers import list_peers
from tests.fixtures.controller.world import SETTINGS, World, a_world, instance


def test_what_a_request_leaves_out_comes_from_the_configuration(world: World) -> None:
    made = world.create_networks(num_networks=4)

    assert [(n.label, str(n.cidr), n.vlan, n.bridge, n.host) for n in made] == [
        ("private_0", "10.0.0.0/22", 100, "br100", "node1"),
        ("private_1", "10.0.4.0/22", 101, "br101", "node1"),
        ("private_2", "10.0.8.0/22", 102, "br102", "node1"),
        ("private_3", "10.0.12.0/22", 103, "br103", "node1"),
    ]
    first = made[0]
    assert (str(first.gateway), str(first.vpn_private_address)) == ("10.0.0.1", "10.0.0.2")
    assert (str(first.dhcp_start), str(first.dhcp_end)) == ("10.0.0.3", "10.0.3.254")
    assert (str(first.dns1), first.bridge_interface) == ("8.8.4.4", "eth0")


def test_only_reserved_addresses_get_rows(world: World) -> None:
    world.create_networks(network_size=256)

    assert world.rows("SELECT address FROM fixed_ips WHERE reserved ORDER BY position") == [
        ("10.0.0.0",),
        ("10.0.0.1",),
        ("10.0.0.2",),
        ("10.0.0.255",),
    ]


def test_a_class_a_network_is_created_at_once(world: World) -> None:
    began = time.monotonic()

    (made,) = world.create_networks(network_size=2**24)

    assert str(made.cidr) == "10.0.0.0/8"
    assert world.one("SELECT count(*) FROM fixed_ips") == 4
    assert time.monotonic() - began < 5  # a row for each address would take a minute


def test_new_networks_follow_the_existing_ones(world: World) -> None:
    world.create_networks("one", num_networks=2)

    made = world.create_networks("two", num_networks=2)

    assert [(str(n.cidr), n.vlan) for n in made] == [("10.0.8.0/22", 102), ("10.0.12.0/22", 103)]


def test_a_requested_range_overrides_the_configured_size(world: World) -> None:
    (made,) = world.create_networks(cidr=IPv4Network("192.168.7.0/24"))

    assert str(made.cidr) == "192.168.7.0/24"


def test_a_multi_host_network_has_no_host(world: World) -> None:
    (made,) = world.create_networks(multi_host=True)

    assert (made.multi_host, made.host) == (True, None)


def test_flat_and_vlan_networks_can_exist_side_by_side(world: World) -> None:
    world.create_networks()

    (made,) = world.create_networks(
        "flat", topology=Topology.FLATDHCP, bridge="br-flat", bridge_interface="eth2"
    )

    assert (made.vlan, made.bridge, made.bridge_interface) == (None, "br-flat", "eth2")
    assert (made.vpn_private_address, str(made.dhcp_start)) == (None, "10.0.4.2")


def test_a_vlan_id_whose_bridge_exists_is_not_picked(world: World) -> None:
    world.network("flat", topology=Topology.FLATDHCP, bridge="br100")

    assert world.network("vlan").vlan == 101


def test_vpn_clients_get_the_last_addresses_of_a_vlan_network(tmp_path: Path) -> None:
    some = replace(SETTINGS, networks=replace(SETTINGS.networks, vpn_clients=5))
    with a_world(tmp_path, some) as world:
        (made,) = world.create_networks(network_size=256)

        assert str(made.dhcp_end) == "10.0.0.249"


def test_fixed_cidr_narrows_the_pool(world: World) -> None:
    (made,) = world.create_networks(
        cidr=IPv4Network("10.0.0.0/24"), fixed_cidr=IPv4Network("10.0.0.128/25")
    )

    assert (str(made.dhcp_start), str(made.dhcp_end)) == ("10.0.0.128", "10.0.0.254")


def test_allowed_addresses_shift_gateway_and_pool(world: World) -> None:
    (made,) = world.create_networks(
        cidr=IPv4Network("10.0.0.0/24"),
        allowed_start=IPv4Address("10.0.0.10"),
        allowed_end=IPv4Address("10.0.0.245"),
        dhcp_server=IPv4Address("10.0.0.11"),
    )

    assert [str(made.gateway), str(made.vpn_private_address)] == ["10.0.0.10", "10.0.0.12"]
    assert [str(made.dhcp_start), str(made.dhcp_end)] == ["10.0.0.13", "10.0.0.245"]


REFUSALS: list[tuple[dict[str, Any], type[CloudnetError], str]] = [
    ({"cidr": IPv4Network("224.0.0.0/24")}, InvalidCidr, r"cidr: no guest .* 224\.0\.0\.0/4"),
    ({"cidr": IPv4Network("127.0.0.0/24")}, InvalidCidr, r"cidr: no guest .* 127\.0\.0\.0/8"),
    ({"cidr": IPv4Network("10.0.0.0/25"), "network_size": 256}, InvalidIntValue, r"10\.0\.0\.0/25"),
    ({"cidr": IPv4Network("10.0.1.0/24")}, CidrConflict, r"10\.0\.0\.0/22"),
    ({"cidr": IPv4Network("10.0.0.0/16"), "network_size": 2**16}, CidrConflict, "another range"),
    ({"network_size": 4}, InvalidIntValue, "too small"),
    ({"vlan": 100}, DuplicateVlan, "VLAN 100"),
    ({"vlan_start": 4094, "num_networks": 2}, NoMoreVlans, "4094"),
    ({"num_networks": 2, "vlan": 200}, BadRequest, "vlan is for one"),
    ({"topology": Topology.FLATDHCP}, NetworkNotCreated, "bridge"),
    ({"topology": Topology.FLATDHCP, "bridge": "br100"}, BadRequest, "br100"),
    ({"topology": Topology.FLATDHCP, "bridge": "b", "num_networks": 2}, BadRequest, "one at a"),
    ({"topology": Topology.FLAT, "bridge": "b", "vlan": 7}, BadRequest, "no VLAN id"),
    ({"topology": Topology.FLAT, "bridge": "no/such"}, InvalidInput, "device name"),
    ({"gateway": IPv4Address("172.16.0.1")}, AddressOutOfRange, "gateway 172.16.0.1"),
    ({"fixed_cidr": IPv4Network("172.16.0.0/24")}, AddressOutOfRange, "fixed_cidr"),
    ({"fixed_cidr": IPv4Network("10.0.4.0/31")}, InvalidCidr, "no address"),
    ({"multi_host": True, "host": "node2"}, BadRequest, "node2"),
    ({"label": "new\nline"}, InvalidInput, "label: 1 to 255 printable"),
    ({"label": "", "num_networks": 2}, InvalidInput, "label: 1 to 253 printable"),
    ({"label": "x" * 255, "num_networks": 2}, InvalidInput, "label: 1 to 253 printable"),
    (
        {"cidr": IPv4Network("192.0.2.5/32"), "gateway": IPv4Address("192.0.2.5")},
        InvalidIntValue,
        "too small",
    ),
]


@pytest.mark.parametrize(("wanted", "refusal", "words"), REFUSALS)
def test_an_impossible_request_is_refused_and_creates_nothing(
    world: World, wanted: dict[str, Any], refusal: type[CloudnetError], words: str
) -> None:
    world.create_networks()

    with pytest.raises(refusal, match=words) as refused:
        world.create_networks(**{"label": "second"} | wanted)

    assert "\n" not in str(refused.value).replace("\\n", "")
    assert world.one("SELECT count(*) FROM networks") == 1
    assert world.one("SELECT count(*) FROM fixed_ips") == 4


def test_a_second_flatdhcp_network_on_a_nic_is_refused_and_on_another_it_is_not(
    world: World,
) -> None:
    world.network("a", topology=Topology.FLATDHCP, bridge="br-a", bridge_interface="eth2")
    request: dict[str, Any] = {"topology": Topology.FLATDHCP, "bridge": "br-b"}

    with pytest.raises(BadRequest, match="bridge_interface eth2 is in the bridge of network a, "):
        world.network("b", bridge_interface="eth2", **request)

    assert world.network("b", bridge_interface="eth3", **request).bridge == "br-b"


def test_a_flat_network_on_a_bridge_that_agents_create_is_refused(world: World) -> None:
    world.network("vlan")
    world.network("one", topology=Topology.FLAT, bridge="br-flat")

    with pytest.raises(BadRequest, match="bridge br100 belongs to another network"):
        world.network("two", topology=Topology.FLAT, bridge="br100")

    assert world.network("two", topology=Topology.FLAT, bridge="br-flat").bridge == "br-flat"


def test_a_range_that_a_host_the_broker_or_the_database_is_in_is_refused(tmp_path: Path) -> None:
    settings = replace(
        SETTINGS, rpc=replace(SETTINGS.rpc, transport_url="rabbit://a:b@172.16.98.1:5672/")
    )
    management = ReportedRange("eth0", IPv4Network("172.16.99.0/24"), IPv4Address("172.16.99.108"))
    with a_world(tmp_path, settings) as world:
        world.services.hosts.process_report(Report("node1", (), ranges=(management,)))

        with pytest.raises(CidrConflict) as own:
            world.network("b", cidr=IPv4Network("172.16.99.0/24"))
        with pytest.raises(CidrConflict, match=r"the broker's address 172\.16\.98\.1; give"):
            world.network("b", cidr=IPv4Network("172.16.98.0/24"))
        flat = world.network(
            "flat", cidr=IPv4Network("172.16.99.0/24"), topology=Topology.FLAT, bridge="br-flat"
        )
        world.services.hosts.process_report(Report("node1", (), ranges=()))

        assert str(own.value) == (
            "network b: its range 172.16.99.0/28 overlaps 172.16.99.108/24 on eth0 of host node1; "
            "give another range"
        )
        assert flat.bridge == "br-flat"
        assert world.one("SELECT count(*) FROM host_ranges") == 0


def test_the_bridge_that_nova_network_left_with_the_networks_address_is_no_reason_to_refuse(
    world: World,
) -> None:
    left = ReportedRange("br100", IPv4Network("10.0.0.0/22"), IPv4Address("10.0.0.1"))
    world.services.hosts.process_report(Report("node1", (), ranges=(left,)))

    assert world.network("vlan").bridge == "br100"


@pytest.mark.parametrize(
    ("broker", "database", "found"),
    [
        ("rabbit://u:p@h1:5672,u:p@h2:5672/", "sqlite:////tmp/x", ["broker h1", "broker h2"]),
        ("rabbit://h1/v", "mysql+pymysql://u:p%40@db/n?charset=utf8", ["broker h1", "database db"]),
        ("fake:", "postgresql+psycopg://db:5432/n", ["database db"]),
    ],
)
def test_the_broker_and_the_database_are_found_in_their_urls(
    broker: str, database: str, found: list[str]
) -> None:
    numbers = {"h1": "192.0.2.1", "h2": "192.0.2.2", "db": "192.0.2.3"}
    settings = replace(SETTINGS, database=database, rpc=replace(SETTINGS.rpc, transport_url=broker))

    peers = list_peers(settings, lambda name: [numbers[name]])

    names = {number: name for name, number in numbers.items()}
    assert [(what.split("'")[0].split()[-1], names[str(address)]) for what, address in peers] == [
        tuple(each.split()) for each in found
    ]


def test_a_uuid_that_is_taken_is_refused(world: World) -> None:
    world.create_networks(uuid=instance(1))

    with pytest.raises(CidrConflict, match="uuid"):
        world.create_networks(uuid=instance(1))


@pytest.mark.parametrize("bridge", ["all", "default", "lo"])
def test_a_bridge_cannot_have_a_name_that_means_every_device(world: World, bridge: str) -> None:
    with pytest.raises(
        InvalidInput, match=f"bridge: '{bridge}' cannot be .* none of all, default, lo"
    ):
        world.network(topology=Topology.FLATDHCP, bridge=bridge)

    assert world.one("SELECT count(*) FROM networks") == 0


def test_a_range_with_a_floating_ip_is_refused(world: World) -> None:
    world.services.pools.create(IPv4Network("10.0.1.9/32"))

    with pytest.raises(CidrConflict, match=r"10\.0\.0\.0/22 contains the floating IP 10\.0\.1\.9"):
        world.create_networks()


def test_without_a_default_range_a_request_must_give_one(tmp_path: Path) -> None:
    settings = replace(SETTINGS, networks=replace(SETTINGS.networks, fixed_range=None))
    with a_world(tmp_path, settings) as world:
        with pytest.raises(InvalidCidr, match="fixed_range is empty"):
            world.create_networks()

        assert world.create_networks(cidr=IPv4Network("10.0.0.0/22"))
