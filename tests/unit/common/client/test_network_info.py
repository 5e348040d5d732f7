"""The functions that read network info, on one VIF as a controller sends it."""

from __future__ import annotations

import json
from ipaddress import IPv4Network, IPv6Network

from cloudnet.client import (
    IP,
    VIF,
    as_network,
    fixed_ips,
    floating_ips,
    get_mtu,
    hydrate,
    is_in_subnet,
    labeled_ips,
    tap_name,
)


def ip(address: str, kind: str, version: int = 4) -> IP:
    return {"address": address, "type": kind, "version": version, "meta": {}}


def make_vif() -> VIF:
    return {
        "id": "0a1b2c3d-4e5f-4a6b-8c7d-000000000001",
        "address": "fa:16:3e:00:00:01",
        "network": {
            "id": "7c1b2c3d-4e5f-4a6b-8c7d-000000000002",
            "bridge": "br100",
            "label": "private",
            "subnets": [
                {
                    "cidr": "10.0.0.0/22",
                    "dns": [ip("8.8.4.4", "dns")],
                    "gateway": {**ip("10.0.0.1", "gateway")},
                    "ips": [
                        {
                            **ip("10.0.0.4", "fixed"),
                            "floating_ips": [ip("203.0.113.5", "floating")],
                        },
                        {**ip("10.0.0.5", "fixed"), "floating_ips": []},
                    ],
                    "routes": [],
                    "version": 4,
                    "meta": {"dhcp_server": "10.0.0.1"},
                },
                {
                    "cidr": "fd00::/64",
                    "dns": [],
                    "gateway": {"address": None, "type": "gateway", "version": None, "meta": {}},
                    "ips": [
                        {**ip("fd00::f816:3eff:fe00:1", "fixed", 6), "floating_ips": []},
                    ],
                    "routes": [],
                    "version": 6,
                    "meta": {},
                },
            ],
            "meta": {"tenant_id": "p1", "mtu": 1450, "vlan": 100, "should_create_vlan": True},
        },
        "type": "bridge",
        "details": {},
        "devname": None,
        "ovs_interfaceid": None,
        "qbh_params": None,
        "qbg_params": None,
        "active": True,
        "vnic_type": "normal",
        "profile": None,
        "preserve_on_delete": False,
        "meta": {},
    }


def test_addresses_are_listed_fixed_before_floating() -> None:
    vif = make_vif()

    assert [each["address"] for each in fixed_ips([vif])] == [
        "10.0.0.4",
        "10.0.0.5",
        "fd00::f816:3eff:fe00:1",
    ]
    assert [each["address"] for each in floating_ips([vif])] == ["203.0.113.5"]
    assert labeled_ips(vif)["network_label"] == "private"
    assert labeled_ips(vif)["network_id"] == vif["network"]["id"]
    assert [each["type"] for each in labeled_ips(vif)["ips"]] == [*["fixed"] * 3, "floating"]


def test_a_subnet_has_a_range_or_none() -> None:
    v4, v6 = make_vif()["network"]["subnets"]
    none = {**v6, "cidr": None}
    [first, *_] = v4["ips"]

    assert as_network(v4) == IPv4Network("10.0.0.0/22")
    assert as_network(v6) == IPv6Network("fd00::/64")
    assert as_network(none) is None  # type: ignore[arg-type]  # a copy with another value
    assert is_in_subnet(first, v4)
    assert not is_in_subnet(first, v6)
    assert not is_in_subnet(first, none)  # type: ignore[arg-type]  # as above


def test_a_tap_has_the_name_and_the_mtu_of_its_vif() -> None:
    vif = make_vif()

    assert tap_name(vif) == "tap0a1b2c3d-4e"
    assert get_mtu(vif) == 1450
    del vif["network"]["meta"]["mtu"]
    assert get_mtu(vif) is None


def test_stored_network_info_is_read_from_text_and_lists() -> None:
    info = [make_vif()]

    assert hydrate(json.dumps(info)) == info
    assert hydrate(info) == info
    assert hydrate(None) == []
