"""The options of network create as a request, nova-manage's included."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest

from cloudnet.common.usage import OneLineParser
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.manage.network_arguments import add_options, parse_request
from cloudnet.controller.model.network_request import NetworkRequest
from tests.fixtures.controller.world import instance


def parse(*words: str) -> NetworkRequest:
    parser = OneLineParser(prog="create", allow_abbrev=False)
    add_options(parser)
    return parse_request(parser.parse_args(["--label", "x", *words]))


def test_without_options_a_request_leaves_all_to_the_defaults() -> None:
    assert parse() == NetworkRequest("x")


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("--fixed-range-v4 10.0.0.0/8", "cidr", IPv4Network("10.0.0.0/8")),
        ("--topology flatdhcp", "topology", Topology.FLATDHCP),
        ("--num-networks 4", "num_networks", 4),
        ("--network-size 1024", "network_size", 1024),
        ("--vlan 100", "vlan", 100),
        ("--vlan-start 4094", "vlan_start", 4094),
        ("--bridge br-ext", "bridge", "br-ext"),
        ("--bridge-interface eth0.1", "bridge_interface", "eth0.1"),
        ("--multi-host", "multi_host", True),
        ("--multi-host T", "multi_host", True),
        ("--multi-host=F", "multi_host", False),
        ("--single-host", "multi_host", False),
        ("--host node1", "host", "node1"),
        ("--gateway 10.0.0.1", "gateway", IPv4Address("10.0.0.1")),
        ("--dhcp-server 10.0.0.2", "dhcp_server", IPv4Address("10.0.0.2")),
        ("--fixed-cidr 10.0.1.0/24", "fixed_cidr", IPv4Network("10.0.1.0/24")),
        ("--allowed-start 10.0.0.9", "allowed_start", IPv4Address("10.0.0.9")),
        ("--allowed-end 10.0.0.99", "allowed_end", IPv4Address("10.0.0.99")),
        ("--project-id a", "project", "a"),
        (f"--uuid {instance(1)}", "uuid", instance(1)),
        ("--no-dhcp", "enable_dhcp", False),
        ("--fixed-range-v6 fd00::/48", "cidr_v6", IPv6Network("fd00::/48")),
        ("--gateway-v6 fd00::1", "gateway_v6", IPv6Address("fd00::1")),
        ("--dns1 fd00::53", "dns1", IPv6Address("fd00::53")),
        ("--vpn 1000", "vpn_start", 1000),
        ("--share-address", "share_address", True),
    ],
)
def test_an_option_sets_its_field_alone(words: str, field: str, value: object) -> None:
    assert parse(*words.split()) == replace(NetworkRequest("x"), **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("--vlan 4095", "--vlan"),
        ("--vlan-start 0", "--vlan-start"),
        ("--topology mesh", "--topology"),
        ("--multi-host perhaps", "--multi-host"),
        ("--multi-host --single-host", "--single-host"),
        ("--bridge a/b", "--bridge"),
        ("--fixed-range-v4 127.0.0.0/8", "--fixed-range-v4"),
        ("--gateway 10.0.0", "--gateway"),
        ("--num-networks 0", "--num-networks"),
        ("--uuid 1234", "--uuid"),
        ("--vpn 65536", "--vpn"),
    ],
)
def test_a_wrong_value_is_wrong_usage_that_names_the_option(
    words: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse(*words.split())

    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith(f"create: argument {option}: ")
