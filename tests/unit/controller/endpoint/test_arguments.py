"""At the door: what nova's clients send is understood, what is wrong is named."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from cloudnet.common.errors import BadRequest, FixedIpInvalid
from cloudnet.controller.endpoint import arguments as be
from cloudnet.controller.endpoint.create_networks import network_request
from cloudnet.controller.service.caller import Caller
from cloudnet.controller.service.networks.network_selection import RequestedNetwork
from tests.fixtures.controller.world import instance

NET = instance(7)


def envelope(name: str, **data: Any) -> dict[str, Any]:
    return {
        "nova_object.name": name,
        "nova_object.namespace": "nova",
        "nova_object.version": "1.1",
        "nova_object.data": data,
    }


def network_request_envelope(network: str | None, address: str | None = None) -> dict[str, Any]:
    return envelope(
        "NetworkRequest", network_id=network, address=address, port_id=None, pci_request_id=None
    )


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        (None, ()),
        ([], ()),
        ([[NET, "10.0.0.9"]], (RequestedNetwork(NET, IPv4Address("10.0.0.9")),)),
        ([(NET, None)], (RequestedNetwork(NET),)),
        ([[NET]], (RequestedNetwork(NET),)),
        (
            envelope("NetworkRequestList", objects=[network_request_envelope(NET, "10.0.0.9")]),
            (RequestedNetwork(NET, IPv4Address("10.0.0.9")),),
        ),
        (envelope("NetworkRequestList", objects=[network_request_envelope("auto")]), ()),
        (envelope("NetworkRequestList", objects=[network_request_envelope("none")]), None),
    ],
)
def test_requested_networks_come_in_many_forms(
    sent: object, understood: tuple[RequestedNetwork, ...] | None
) -> None:
    assert be.requested("requested_networks", sent) == understood


@pytest.mark.parametrize(
    "sent", ["net", {"a": 1, "objects": "x"}, [7], [["not-a-uuid", None]], [[]], [[NET] * 5]]
)
def test_requests_that_make_no_sense_are_named(sent: object) -> None:
    with pytest.raises(BadRequest, match="requested_networks"):
        be.requested("requested_networks", sent)


def test_a_request_for_a_port_or_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"requested_networks\[0\]\.port_id"):
        be.requested("requested_networks", [{"network_id": NET, "port_id": "p"}])
    with pytest.raises(FixedIpInvalid, match=r"requested_networks\[0\]\.address"):
        be.requested("requested_networks", [[NET, ""]])


@pytest.mark.parametrize(
    ("context", "caller"),
    [
        ({}, Caller(None, is_admin=True)),
        ({"is_admin": True, "project_id": "a"}, Caller("a", is_admin=True)),
        ({"is_admin": False, "project_id": "a"}, Caller("a", is_admin=False)),
        ({"tenant": "a"}, Caller("a", is_admin=False)),
    ],
)
def test_a_context_says_on_whose_behalf(context: dict[str, Any], caller: Caller) -> None:
    assert be.caller(context) == caller


@pytest.mark.parametrize(
    ("decode", "good", "value", "bad"),
    [
        (be.uuid, NET.upper(), NET, [None, 7, "x", "7" * 31]),
        (be.text, "node1", "node1", [None, "", 7, "a\nb", "x" * 256]),
        (be.address, "10.0.0.1", IPv4Address("10.0.0.1"), [None, "", "10.0.0", 167772161, "::1"]),
        (be.mac, "FA:16:3E:00:00:01", "fa:16:3e:00:00:01", [None, "", "01:00:5e:00:00:01", "fa"]),
        (be.flag, "T", True, ["maybe", 2]),
        (be.flag, False, False, ["", []]),
        (be.factor, 2, 2.0, ["x", -1, True, float("nan"), float("inf")]),
    ],
)
def test_values_are_checked_and_named(
    decode: Any, good: object, value: object, bad: list[object]
) -> None:
    assert decode("thing", good) == value
    for wrong in bad:
        with pytest.raises(BadRequest, match=r"^thing: "):
            decode("thing", wrong)


@pytest.mark.parametrize("wrong", ["x", True, 1.5, 0, 4095, "-1", []])
def test_numbers_have_bounds(wrong: object) -> None:
    with pytest.raises(BadRequest, match=r"^vlan: "):
        be.whole("vlan", wrong, 1, 4094)


def test_numbers_may_come_as_text() -> None:
    assert be.whole("vlan", "100", 1, 4094) == 100


def test_create_networks_takes_novas_arguments() -> None:
    request = network_request(
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


def test_an_envelope_with_nothing_in_it_is_nothing() -> None:
    assert be.opened({"nova_object.name": "Instance"}) is None
