"""The arguments of create_networks as a request, and each refusal by the argument's name."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

import pytest

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.endpoint.create_networks import parse_network_request
from cloudnet.controller.model.network_request import NetworkRequest
from tests.fixtures.controller.world import instance


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"ipam": True},
        {"cidr_v6": None, "gateway_v6": "", "share_address": False, "vpn_start": None},
        {"cidr": "", "vlan": None, "bridge": ""},
    ],
)
def test_an_argument_that_is_left_out_or_empty_has_its_default(values: dict[str, Any]) -> None:
    assert parse_network_request("private", values) == NetworkRequest("private")


@pytest.mark.parametrize(
    ("name", "value", "field", "parsed"),
    [
        ("cidr", "10.0.0.0/22", "cidr", IPv4Network("10.0.0.0/22")),
        ("cidr", "10.0.1.7/22", "cidr", IPv4Network("10.0.0.0/22")),
        ("network_size", 2**28, "network_size", 2**28),
        ("cidr_v6", "fd00:0:0:1::7/64", "cidr_v6", IPv6Network("fd00:0:0:1::/64")),
        ("gateway_v6", "fd00::1", "gateway_v6", IPv6Address("fd00::1")),
        ("dns1", "fd00::53", "dns1", IPv6Address("fd00::53")),
        ("vpn_start", "1000", "vpn_start", 1000),
        ("share_address", "T", "share_address", True),
        ("topology", "flatdhcp", "topology", Topology.FLATDHCP),
        ("num_networks", 4, "num_networks", 4),
        ("network_size", 1024, "network_size", 1024),
        ("vlan", 4094, "vlan", 4094),
        ("vlan_start", 1, "vlan_start", 1),
        ("bridge", "br100", "bridge", "br100"),
        ("bridge_interface", "eth0", "bridge_interface", "eth0"),
        ("multi_host", True, "multi_host", True),
        ("multi_host", False, "multi_host", False),
        ("host", "node1", "host", "node1"),
        ("gateway", "10.0.0.1", "gateway", IPv4Address("10.0.0.1")),
        ("dns2", "9.9.9.9", "dns2", IPv4Address("9.9.9.9")),
        ("fixed_cidr", "10.0.1.0/24", "fixed_cidr", IPv4Network("10.0.1.0/24")),
        ("uuid", instance(1), "uuid", instance(1)),
        ("project_id", "a", "project", "a"),
        ("mtu", 9000, "mtu", 9000),
        ("enable_dhcp", False, "enable_dhcp", False),
    ],
)
def test_an_argument_sets_its_field_alone(
    name: str, value: object, field: str, parsed: object
) -> None:
    expected = replace(NetworkRequest("private"), **{field: parsed})  # type: ignore[arg-type]

    assert parse_network_request("private", {name: value}) == expected


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"colour": "red"}, "colour: create_networks has no such argument"),
        ({"z": 1, "a": 1}, "a: create_networks has no such argument"),
        ({"topology": "mesh"}, "topology: one of vlan, flatdhcp, flat is needed, not 'mesh'"),
        ({"topology": 3}, "topology: one of vlan, flatdhcp, flat is needed, not 3"),
    ],
)
def test_what_is_unknown_is_refused_by_its_name(values: dict[str, Any], line: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_network_request("private", values)

    assert str(refused.value) == line


@pytest.mark.parametrize(
    "values",
    [
        {"cidr": "127.0.0.0/8"},
        {"cidr": "10.0.0.0/33"},
        {"cidr": "10.0.0.0"},
        {"cidr": "fd00::/64"},
        {"cidr_v6": "10.0.0.0/8"},
        {"cidr_v6": "fd00::"},
        {"cidr_v6": "fd00::/65"},
        {"cidr_v6": "ff00::/64"},
        {"gateway_v6": "10.0.0.1"},
        {"gateway_v6": "fe80::1%eth0"},
        {"dns1": "::1"},
        {"vpn_start": 65536},
        {"share_address": "perhaps"},
        {"num_networks": 0},
        {"network_size": -1},
        {"vlan": 4095},
        {"vlan": True},
        {"vlan_start": 0},
        {"bridge": 100},
        {"multi_host": "perhaps"},
        {"gateway": "224.0.0.1"},
        {"dns1": "10.0.0"},
        {"fixed_cidr": "10.0.0.0/33"},
        {"uuid": "1234"},
        {"mtu": 1},
        {"enable_dhcp": 7},
    ],
)
def test_an_invalid_value_is_refused_by_the_name_of_its_argument(values: dict[str, Any]) -> None:
    (name,) = values

    with pytest.raises(BadRequest) as refused:
        parse_network_request("private", values)

    assert str(refused.value).startswith(name)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("label", [None, "", 7, ["private"], "a\nb", "x" * 256])
def test_a_label_is_a_name(label: object) -> None:
    with pytest.raises(BadRequest, match=r"^label"):
        parse_network_request(label, {})
