from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from cloudnet.common.errors import InvalidInput
from cloudnet.common.wire.objects import Topology
from cloudnet.common.wire.validate import validate
from tests.fixtures.agent.snapshots import floating, gone, network, vif

VALID = network(vifs=(vif(),), floating_ips=(floating(),))

INVALID: list[dict[str, Any]] = [
    {"network": "no-uuid"},
    {"revision": 0},
    {"revision": 2**62 + 1},
    {"bridge": "all"},
    {"bridge": "../../etc"},
    {"bridge": "b" * 16},
    {"bridge_interface": "eth0 up"},
    {"vlan": 5000},
    {"vlan": None},
    {"vlan": 100, "topology": Topology.FLATDHCP},
    {"mtu": -1},
    {"mtu": 70_000},
    {"cidr": IPv4Network("224.0.0.0/24")},
    {"host_address": IPv4Address("192.0.2.1")},
    {"gateway": IPv4Address("10.0.3.255")},
    {"dhcp_start": IPv4Address("10.0.4.3")},
    {"vifs": (replace(vif(), mac="01:00:5e:00:00:01"),)},
    {"vifs": (replace(vif(), mac="00:00:00:00:00:00"),)},
    {"vifs": (replace(vif(), address=IPv4Address("10.9.9.9")),)},
    {"vifs": (replace(vif(), hostname="vm,3"),)},
    {"floating_ips": (floating("0.0.0.0"),)},
    {"floating_ips": (floating("127.0.0.1"),)},
    {"floating_ips": (floating(fixed="192.0.2.9"),)},
]


@pytest.mark.parametrize("change", INVALID, ids=str)
def test_an_invalid_value_is_refused_with_the_name_of_its_field(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=rf"^NetworkSnapshot\.{next(iter(change))}: "):
        validate(replace(VALID, **change))


def test_a_valid_snapshot_passes() -> None:
    assert validate(VALID) == VALID
    assert validate(gone()) == gone()
