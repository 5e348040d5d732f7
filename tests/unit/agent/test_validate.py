from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.endpoint import AgentEndpoint
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.agent.validate import validated
from cloudnet.common.errors import InvalidInput
from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import Topology
from tests.fixtures.agent.snapshots import floating, gone, network, vif

SENSE = network(vifs=(vif(),), floating_ips=(floating(),))

NONSENSE: list[dict[str, Any]] = [
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
    {"host_address": IPv4Address("192.0.2.1")},
    {"gateway": IPv4Address("10.0.3.255")},
    {"dhcp_start": IPv4Address("10.0.4.3")},
    {"vifs": (replace(vif(), mac="01:00:5e:00:00:01"),)},
    {"vifs": (replace(vif(), address=IPv4Address("10.9.9.9")),)},
    {"vifs": (replace(vif(), hostname="vm,3"),)},
    {"floating_ips": (floating("0.0.0.0"),)},
    {"floating_ips": (floating("127.0.0.1"),)},
    {"floating_ips": (floating(fixed="192.0.2.9"),)},
]


@pytest.mark.parametrize("change", NONSENSE, ids=str)
def test_what_makes_no_sense_is_refused_by_its_field(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=rf"^NetworkSnapshot\.{next(iter(change))}: "):
        validated(replace(SENSE, **change))


def test_what_makes_sense_passes() -> None:
    assert validated(SENSE) == SENSE
    assert validated(gone()) == gone()


def test_an_agent_drops_it_in_one_line(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = DesiredStore("node1", SnapshotCache(tmp_path))

    AgentEndpoint(store).apply_snapshot({}, to_wire(replace(SENSE, mtu=-1)))

    assert store.desired().snapshots == ()
    [record] = caplog.records
    assert record.getMessage() == "dropped a snapshot: NetworkSnapshot.mtu: -1 makes no sense"
