"""Network info: the shape that nova's network model reads, key for key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import networks
from tests.fixtures.controller.world import Clock, World, a_world, multi_host_settings


def ip(address: str | None, kind: str) -> dict[str, Any]:
    version = None if address is None else 4
    return {"address": address, "type": kind, "version": version, "meta": {}}


def test_a_vlan_networks_info_has_every_key(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        network = world.network("p1", project="a")

        (vif,) = world.boot(1)

    assert vif == {
        "id": vif["id"],
        "address": vif["address"],
        "network": {
            "id": network.uuid,
            "bridge": "br100",
            "label": "p1",
            "subnets": [
                {
                    "cidr": "10.0.0.0/28",
                    "dns": [ip("8.8.4.4", "dns")],
                    "gateway": ip("10.0.0.3", "gateway"),  # the host's own, not 10.0.0.1
                    "ips": [ip("10.0.0.4", "fixed") | {"floating_ips": []}],
                    "routes": [],
                    "version": 4,
                    "meta": {"dhcp_server": "10.0.0.3"},
                },
                {
                    "cidr": None,
                    "dns": [],
                    "gateway": ip(None, "gateway"),
                    "ips": [],
                    "routes": [],
                    "version": None,
                    "meta": {"dhcp_server": "10.0.0.3"},
                },
            ],
            "meta": {
                "tenant_id": "a",
                "should_create_bridge": True,
                "bridge_interface": "eth0",
                "multi_host": True,
                "should_create_vlan": True,
                "vlan": 100,
            },
        },
        "type": "bridge",
        "details": {},
        "devname": None,
        "ovs_interfaceid": None,
        "qbh_params": None,
        "qbg_params": None,
        "active": False,
        "vnic_type": "normal",
        "profile": None,
        "preserve_on_delete": False,
        "meta": {},
    }


def test_a_flat_dhcp_network_has_no_vlan_and_a_flat_one_nothing_to_create(world: World) -> None:
    dhcp = world.network("dhcp", topology=Topology.FLATDHCP, bridge="br-dhcp")
    flat = world.network("flat", topology=Topology.FLAT, bridge="br-flat")

    info = world.boot(1, "a", "node1", (dhcp, None), (flat, None))

    assert info[0]["network"]["meta"] == {
        "tenant_id": None,
        "should_create_bridge": True,
        "bridge_interface": None,
        "multi_host": False,
    }
    assert info[1]["network"]["meta"] == {"tenant_id": None}
    assert info[1]["network"]["subnets"][0]["meta"] == {}


def test_a_single_host_networks_gateway_is_the_networks_own(world: World) -> None:
    world.network()

    subnet, v6 = world.boot(1)[0]["network"]["subnets"]

    assert subnet["gateway"]["address"] == "10.0.0.1"
    assert (subnet["meta"], v6["meta"]) == ({"dhcp_server": "10.0.0.1"}, {"dhcp_server": None})


def test_reading_returns_what_allocating_did_and_writes_nothing(world: World) -> None:
    world.network()
    info = world.boot(1, host="node2")
    before = world.rows("SELECT host, revision FROM host_networks ORDER BY host")

    assert world.info(1) == info
    assert world.rows("SELECT host, revision FROM host_networks ORDER BY host") == before


def test_the_bandwidth_cap_is_the_networks_base_times_the_flavors_factor(world: World) -> None:
    network = world.network(project="a")
    world.services.database.write(lambda connection: _set_base(connection, network.id))

    assert world.boot(1, rxtx_factor=1.5)[0]["meta"] == {"rxtx_cap": 30.0}


def _set_base(connection: Connection, network_id: int) -> None:

    networks.update(connection, network_id, Clock().now, rxtx_base=20)
