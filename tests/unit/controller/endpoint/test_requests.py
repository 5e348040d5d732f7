"""What nova's versions send about instances and networks is parsed in all its forms."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from cloudnet.common.errors import BadRequest, FixedIpInvalid
from cloudnet.controller.endpoint import requests
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


def network_request_envelope(
    network: str | None, address: str | None = None, **more: Any
) -> dict[str, Any]:
    data = {"network_id": network, "address": address, "port_id": None, "pci_request_id": None}
    return envelope("NetworkRequest", **data, **more)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, ()),
        ([], ()),
        ([[NET, "10.0.0.9"]], (RequestedNetwork(NET, IPv4Address("10.0.0.9")),)),
        ([(NET, None)], (RequestedNetwork(NET),)),
        ([[NET]], (RequestedNetwork(NET),)),
        ([(NET, "10.0.0.9", None, None)], (RequestedNetwork(NET, IPv4Address("10.0.0.9")),)),
        (
            envelope("NetworkRequestList", objects=[network_request_envelope(NET, tag="db")]),
            (RequestedNetwork(NET, tag="db"),),
        ),
        (
            envelope("NetworkRequestList", objects=[network_request_envelope(NET, "10.0.0.9")]),
            (RequestedNetwork(NET, IPv4Address("10.0.0.9")),),
        ),
        (envelope("NetworkRequestList", objects=[network_request_envelope("auto")]), ()),
        (envelope("NetworkRequestList", objects=[network_request_envelope("none")]), None),
    ],
)
def test_requested_networks_are_parsed_in_all_their_forms(
    sent: object, expected: tuple[RequestedNetwork, ...] | None
) -> None:
    assert requests.parse_requested_networks("requested_networks", sent) == expected


@pytest.mark.parametrize(
    "sent", ["net", {"a": 1, "objects": "x"}, [7], [["not-a-uuid", None]], [[]], [[NET] * 5]]
)
def test_invalid_requested_networks_are_refused_by_name(sent: object) -> None:
    with pytest.raises(BadRequest, match="requested_networks"):
        requests.parse_requested_networks("requested_networks", sent)


def test_a_request_for_a_port_or_an_empty_address_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"requested_networks\[0\]\.port_id"):
        requests.parse_requested_networks(
            "requested_networks", [{"network_id": NET, "port_id": "p"}]
        )
    with pytest.raises(FixedIpInvalid, match=r"requested_networks\[0\]\.address"):
        requests.parse_requested_networks("requested_networks", [[NET, ""]])


def test_an_empty_versioned_object_is_none() -> None:
    assert requests.unwrap({"nova_object.name": "Instance"}) is None


@pytest.mark.parametrize(
    "named",
    [
        {"instance_id": instance(1)},
        {"instance_id": 74, "instance_uuid": instance(1)},
        {"instance": envelope("Instance", id=74, uuid=instance(1), host="node1")},
        {"instance": {"id": 74, "uuid": instance(1)}, "instance_id": 74},
    ],
)
def test_an_instance_is_named_in_the_way_of_each_version(named: dict[str, Any]) -> None:
    assert requests.parse_instance(**named) == instance(1)


@pytest.mark.parametrize(
    ("named", "argument"),
    [
        ({}, "instance_id"),
        ({"instance_id": 74}, "instance_id"),
        ({"instance": 74}, "instance"),
        ({"instance": {"uuid": "x"}}, "instance.uuid"),
        ({"instance_uuid": "x"}, "instance_uuid"),
    ],
)
def test_an_instance_without_a_uuid_is_refused_by_name(
    named: dict[str, Any], argument: str
) -> None:
    with pytest.raises(BadRequest, match=f"^{argument}: "):
        requests.parse_instance(**named)


def test_no_list_of_macs_is_not_an_empty_one() -> None:
    assert requests.parse_macs("macs", None) is None
    assert requests.parse_macs("macs", []) == ()
    assert requests.parse_macs("macs", ["FA:16:3E:00:00:01"] * 2) == ("fa:16:3e:00:00:01",)
