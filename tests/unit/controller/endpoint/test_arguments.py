"""nova's arguments are parsed; an invalid one is named in the error."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from cloudnet.common.errors import BadRequest
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.endpoint.create_networks import parse_network_request
from cloudnet.controller.service.caller import Caller
from tests.fixtures.controller.world import instance

NET = instance(7)


@pytest.mark.parametrize(
    ("context", "caller"),
    [
        ({}, Caller(None, is_admin=True)),
        ({"is_admin": True, "project_id": "a"}, Caller("a", is_admin=True)),
        ({"is_admin": False, "project_id": "a"}, Caller("a", is_admin=False)),
        ({"tenant": "a"}, Caller("a", is_admin=False)),
    ],
)
def test_the_caller_is_read_from_the_context(context: dict[str, Any], caller: Caller) -> None:
    assert arguments.get_caller(context) == caller


@pytest.mark.parametrize(
    ("decode", "good", "value", "bad"),
    [
        (arguments.parse_uuid, NET.upper(), NET, [None, 7, "x", "7" * 31]),
        (arguments.parse_text, "node1", "node1", [None, "", 7, "a\nb", "x" * 256]),
        (arguments.parse_host_name, "node1", "node1", [None, "", "node 1", "a\nb", "x" * 256]),
        (
            arguments.parse_address,
            "10.0.0.1",
            IPv4Address("10.0.0.1"),
            [None, "", "10.0.0", 167772161, "::1"],
        ),
        (
            arguments.parse_mac,
            "FA:16:3E:00:00:01",
            "fa:16:3e:00:00:01",
            [None, "", "01:00:5e:00:00:01", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "fa"],
        ),
        (
            arguments.parse_host_address,
            "10.0.0.1",
            IPv4Address("10.0.0.1"),
            [None, "", "0.0.0.0", "224.0.0.1", "255.255.255.255"],
        ),
        (
            arguments.parse_guest_range,
            "10.0.0.0/8",
            IPv4Network("10.0.0.0/8"),
            [
                "10.0.0.1",
                "0.0.0.0/0",
                "127.0.0.0/24",
                "169.254.0.0/16",
                "224.0.0.0/24",
                "240.0.0.0/4",
            ],
        ),
        (arguments.parse_flag, "T", True, ["maybe", 2]),
        (arguments.parse_flag, False, False, ["", []]),
        (arguments.parse_factor, 2, 2.0, ["x", -1, True, float("nan"), float("inf")]),
    ],
)
def test_values_are_parsed_and_invalid_ones_are_refused_by_name(
    decode: Any, good: object, value: object, bad: list[object]
) -> None:
    assert decode("thing", good) == value
    for wrong in bad:
        with pytest.raises(BadRequest, match=r"^thing: "):
            decode("thing", wrong)


@pytest.mark.parametrize("wrong", ["x", True, 1.5, 0, 4095, "-1", []])
def test_a_number_outside_its_bounds_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(BadRequest, match=r"^vlan: "):
        arguments.parse_integer("vlan", wrong, 1, 4094)


def test_a_number_may_be_text() -> None:
    assert arguments.parse_integer("vlan", "100", 1, 4094) == 100


def test_create_networks_accepts_novas_arguments() -> None:
    request = parse_network_request(
        "private",
        {
            "cidr": "10.0.0.0/8",
            "num_networks": "4",
            "multi_host": "T",
            "project_id": "a",
            "dns1": "9.9.9.9",
            "cidr_v6": None,
            "ipam": None,
            "bridge": "",
        },
    )

    assert (str(request.cidr), request.num_networks, request.multi_host) == ("10.0.0.0/8", 4, True)
    assert (request.project, request.dns1, request.bridge) == ("a", IPv4Address("9.9.9.9"), None)
