"""Options of new networks beyond ranges and VLAN ids: IPv6, VPN ports, name servers, positions."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any

import pytest

from cloudnet.common.errors import (
    AddressOutOfRange,
    BadRequest,
    CidrConflict,
    CloudnetError,
    DuplicateVlan,
    InvalidIntValue,
)
from tests.fixtures.controller.world import SETTINGS, World, a_world


def test_networks_with_ipv6_get_a_64_each_and_its_first_address_as_gateway(world: World) -> None:
    made = world.create_networks(num_networks=2, cidr_v6=IPv6Network("fd00:1::/48"))

    assert [(str(n.cidr_v6), n.netmask_v6, str(n.gateway_v6)) for n in made] == [
        ("fd00:1::/64", "64", "fd00:1::1"),
        ("fd00:1:0:1::/64", "64", "fd00:1:0:1::1"),
    ]
    assert str(world.network("third", cidr_v6=IPv6Network("fd00:1::/48")).cidr_v6) == (
        "fd00:1:0:2::/64"
    )


def test_an_ipv6_address_is_computed_of_the_mac_and_shown(world: World) -> None:
    world.network(
        cidr_v6=IPv6Network("fd00:1::/64"),
        gateway_v6=IPv6Address("fe80::1"),
        dns1=IPv6Address("fd00:1::53"),
        dns2=IPv4Address("9.9.9.9"),
    )

    (vif,) = world.boot(1, macs=("fa:16:3e:58:07:dd",))

    v4, v6 = vif["network"]["subnets"]
    assert (v6["cidr"], v6["version"], v6["gateway"]["address"]) == ("fd00:1::/64", 6, "fe80::1")
    assert v6["ips"] == [
        {
            "address": "fd00:1::f816:3eff:fe58:7dd",
            "type": "fixed",
            "version": 6,
            "meta": {},
            "floating_ips": [],
        }
    ]
    assert [dns["address"] for dns in v6["dns"]] == ["fd00:1::53"]
    assert [dns["address"] for dns in v4["dns"]] == ["9.9.9.9"]
    assert world.snapshot("node1").dns == (IPv4Address("9.9.9.9"),)  # what DHCP can carry


def test_several_networks_have_gateway_and_dhcp_server_at_the_same_position(world: World) -> None:
    made = world.create_networks(
        cidr=IPv4Network("10.0.0.0/16"),
        num_networks=2,
        network_size=256,
        gateway=IPv4Address("10.0.0.254"),
        dhcp_server=IPv4Address("10.0.0.2"),
    )

    assert [(str(n.gateway), str(n.dhcp_server)) for n in made] == [
        ("10.0.0.254", "10.0.0.2"),
        ("10.0.1.254", "10.0.1.2"),
    ]


def test_each_network_gets_the_next_vpn_port(world: World) -> None:
    made = world.create_networks(num_networks=2, vpn_start=1000)

    assert [network.vpn_public_port for network in made] == [1000, 1001]


def test_a_network_can_have_all_addresses_of_a_large_range(world: World) -> None:
    made = world.network(cidr=IPv4Network("16.0.0.0/4"), size=2**28)

    assert (str(made.cidr), str(made.dhcp_end)) == ("16.0.0.0/4", "31.255.255.254")
    assert world.address(1) == "16.0.0.3"


def test_the_configured_mtu_and_the_excluded_vlans_count_for_every_caller(tmp_path: Path) -> None:
    networks = replace(SETTINGS.networks, mtu=1450, excluded_vlans=frozenset({100, 102}))
    with a_world(tmp_path, replace(SETTINGS, networks=networks)) as world:
        made = world.create_networks(num_networks=2)

        assert [(network.vlan, network.mtu) for network in made] == [(101, 1450), (103, 1450)]
        with pytest.raises(DuplicateVlan, match="VLAN 102 is in excluded_vlans"):
            world.network("third", vlan=102)


REFUSALS: list[tuple[dict[str, Any], type[CloudnetError], str]] = [
    ({"gateway_v6": IPv6Address("fd00::1")}, BadRequest, "needs cidr_v6"),
    (
        {"cidr_v6": IPv6Network("fd00::/64"), "gateway_v6": IPv6Address("fd01::1")},
        AddressOutOfRange,
        "gateway_v6 fd01::1",
    ),
    (
        {"cidr_v6": IPv6Network("fd00:9::/64")},
        CidrConflict,
        r"fd00:9::/64 overlaps network \S+ fd00:9::/64",
    ),
    ({"cidr_v6": IPv6Network("fd00::/64"), "num_networks": 2}, InvalidIntValue, "room for 1 netw"),
    ({"vpn_start": 65535, "num_networks": 2}, InvalidIntValue, "vpn_start 65535"),
]


@pytest.mark.parametrize(("wanted", "refusal", "words"), REFUSALS)
def test_an_impossible_option_creates_nothing(
    world: World, wanted: dict[str, Any], refusal: type[CloudnetError], words: str
) -> None:
    world.create_networks("first", cidr_v6=IPv6Network("fd00:9::/64"))

    with pytest.raises(refusal, match=words):
        world.create_networks("second", **wanted)

    assert world.one("SELECT count(*) FROM networks") == 1
