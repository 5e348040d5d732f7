"""A compute service of Nova 18, message by message, from boot to deletion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloudnet.common import rpc
from cloudnet.controller.endpoint import network_endpoints
from cloudnet.controller.endpoint.nova_errors import to_nova
from tests.fixtures.controller.nova_wire import (
    PROJECT,
    URL,
    NovaWire,
    envelope,
    instance_object,
    network_requests,
)
from tests.fixtures.controller.world import World, a_world, instance, multi_host_settings


@dataclass
class Cloud:
    world: World
    nova: NovaWire

    def boot(self, number: int, **more: Any) -> dict[str, Any]:
        """Send what nova's client sends for a boot; ``more`` replaces some of it."""
        arguments = {
            "instance_id": instance(number),
            "project_id": PROJECT,
            "host": "node1",
            "rxtx_factor": 1.0,
            "vpn": False,
            "requested_networks": None,
            "macs": None,
        }
        return self.nova.call("1.13", "allocate_for_instance", **{**arguments, **more})


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    exchange = tmp_path.name
    with ExitStack() as stack:
        world = stack.enter_context(a_world(tmp_path, multi_host_settings()))
        stack.callback(world.services.waiter.close)
        transport = rpc.create_transport(rpc.get_default_conf(), URL, exchange)
        server = rpc.create_server(
            transport,
            rpc.NETWORK_TOPIC,
            "controller",
            network_endpoints(world.services),
            translate_error=to_nova,
        )
        server.start()
        stack.callback(server.wait)
        stack.callback(server.stop)
        yield Cloud(world, NovaWire(exchange))


def get_result(reply: dict[str, Any]) -> Any:
    assert reply["failure"] is None, reply["failure"]
    assert reply["ending"] is True
    return reply["result"]


def test_the_network_info_of_a_boot_has_the_keys_that_nova_reads(cloud: Cloud) -> None:
    network = cloud.world.network(mtu=1400)

    [vif] = get_result(cloud.boot(1))

    assert vif == {
        "id": vif["id"],
        "address": vif["address"],
        "network": {
            "id": network.uuid,
            "bridge": "br100",
            "label": "private",
            "subnets": [
                {
                    "cidr": "10.0.0.0/28",
                    "dns": [{"address": "8.8.4.4", "type": "dns", "version": 4, "meta": {}}],
                    "gateway": {
                        "address": "10.0.0.3",
                        "type": "gateway",
                        "version": 4,
                        "meta": {},
                    },
                    "ips": [
                        {
                            "address": "10.0.0.4",
                            "type": "fixed",
                            "version": 4,
                            "meta": {},
                            "floating_ips": [],
                        }
                    ],
                    "routes": [],
                    "version": 4,
                    "meta": {"dhcp_server": "10.0.0.3"},
                },
                {
                    "cidr": None,
                    "dns": [],
                    "gateway": {
                        "address": None,
                        "type": "gateway",
                        "version": None,
                        "meta": {},
                    },
                    "ips": [],
                    "routes": [],
                    "version": None,
                    "meta": {"dhcp_server": "10.0.0.3"},
                },
            ],
            "meta": {
                "tenant_id": PROJECT,
                "mtu": 1400,
                "should_create_bridge": True,
                "should_create_vlan": True,
                "vlan": 100,
                "bridge_interface": "eth0",
                "multi_host": True,
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


def test_requested_networks_keep_their_order_addresses_and_tags(cloud: Cloud) -> None:
    first, second = cloud.world.create_networks(num_networks=2, network_size=16, project=PROJECT)
    requested = network_requests(
        {"network_id": second.uuid, "tag": "storage"},
        {"network_id": first.uuid, "address": "10.0.0.9", "tag": "public"},
    )

    info = get_result(cloud.boot(1, requested_networks=requested))

    assert [vif["network"]["id"] for vif in info] == [second.uuid, first.uuid]
    assert info[1]["network"]["subnets"][0]["ips"][0]["address"] == "10.0.0.9"
    assert cloud.world.rows("SELECT tag FROM virtual_interfaces ORDER BY id") == [
        ("storage",),
        ("public",),
    ]


def test_an_instance_is_read_and_released_as_each_version_names_it(cloud: Cloud) -> None:
    cloud.world.network()
    booted = [get_result(cloud.boot(number)) for number in range(1, 4)]
    read = get_result(
        cloud.nova.call(
            "1.9",
            "get_instance_nw_info",
            instance_id=instance(1),
            rxtx_factor=1.0,
            host="node1",
            project_id=PROJECT,
        )
    )
    old = {"instance_id": 74, "instance_uuid": instance(1), "rxtx_factor": 1.0, "host": "node1"}
    read_before_1_9 = get_result(cloud.nova.call("1.0", "get_instance_nw_info", **old))

    call = cloud.nova.call
    get_result(
        call(
            "1.11",
            "deallocate_for_instance",
            instance=instance_object(instance(1), "node1"),
            requested_networks=None,
        )
    )
    named = {"instance_id": instance(2), "project_id": PROJECT, "host": "node1"}
    get_result(call("1.10", "deallocate_for_instance", **named, requested_networks=None))
    get_result(call("1.0", "deallocate_for_instance", **{**named, "instance_id": instance(3)}))

    assert read == read_before_1_9 == booted[0]
    assert cloud.world.one("SELECT count(*) FROM virtual_interfaces") == 0


def test_the_oldest_form_of_a_boot_is_accepted(cloud: Cloud) -> None:
    network = cloud.world.network(project=PROJECT)

    reply = cloud.nova.call(
        "1.0",
        "allocate_for_instance",
        instance_id=74,
        instance_uuid=instance(1),
        project_id=PROJECT,
        host="node1",
        rxtx_factor=1.0,
        vpn=False,
        requested_networks=[[network.uuid, "10.0.0.9"]],
    )

    [vif] = get_result(reply)
    assert vif["network"]["subnets"][0]["ips"][0]["address"] == "10.0.0.9"


@pytest.mark.parametrize(
    ("more", "class_", "text"),
    [
        ({"macs": []}, "VirtualInterfaceCreateException", "macs"),
        ({"instance_id": 74}, "InvalidUUID", "instance_id"),
        (
            {"requested_networks": network_requests({"network_id": instance(99)})},
            "NoNetworksFound",
            instance(99),
        ),
        (
            {"requested_networks": network_requests({"network_id": instance(99), "address": ""})},
            "FixedIpInvalid",
            "requested_networks[0].address",
        ),
        ({"colour": {"a": 1}, "project_id": None}, "InvalidInput", "project_id"),
    ],
)
def test_a_refused_boot_is_an_exception_of_novas_and_leaves_nothing(
    cloud: Cloud, more: dict[str, Any], class_: str, text: str
) -> None:
    cloud.world.network()

    failure = cloud.boot(1, **more)["failure"]

    assert f'"class": "{class_}"' in failure
    assert '"module": "nova.exception"' in failure
    assert text in failure
    assert cloud.world.one("SELECT count(*) FROM instances") == 0


@pytest.mark.parametrize("version", ["1.0", "1.9", "1.17", None])
def test_no_network_is_requested_with_none(cloud: Cloud, version: str | None) -> None:
    cloud.world.network()

    assert (
        get_result(cloud.boot(1, requested_networks=network_requests({"network_id": "none"}))) == []
    )
    assert get_result(cloud.nova.call(version or "1.0", "get_all_networks"))


def test_what_every_service_of_nova_answers_is_answered(cloud: Cloud) -> None:
    ping = cloud.nova.call("1.0", "ping", namespace="baseapi", arg={"a": [1]})
    port = cloud.nova.call("1.1", "get_backdoor_port", namespace="baseapi")
    old_port = cloud.nova.call("1.4", "get_backdoor_port")

    assert get_result(ping) == {"service": "network", "arg": {"a": [1]}}
    assert get_result(port) is None
    assert get_result(old_port) is None


def test_single_addresses_are_added_and_removed_as_nova_does(cloud: Cloud) -> None:
    network = cloud.world.network()
    get_result(cloud.boot(1))
    call = cloud.nova.call
    named = {"instance_id": instance(1), "host": "node1", "rxtx_factor": 1.0}

    added = get_result(call("1.9", "add_fixed_ip_to_instance", network_id=network.uuid, **named))
    removed = get_result(call("1.9", "remove_fixed_ip_from_instance", address="10.0.0.4", **named))
    given = get_result(
        call(
            "1.0",
            "rpc_allocate_fixed_ip",
            topic="network",
            instance_id=instance(1),
            network_id=network.id,
            address="10.0.0.9",
            vpn=False,
        )
    )
    get_result(
        call(
            "1.12",
            "deallocate_fixed_ip",
            address="10.0.0.9",
            host="node1",
            instance=instance_object(instance(1), "node1"),
        )
    )

    assert [ip["address"] for ip in added[0]["network"]["subnets"][0]["ips"]] == [
        "10.0.0.4",
        "10.0.0.5",
    ]
    assert [ip["address"] for ip in removed[0]["network"]["subnets"][0]["ips"]] == ["10.0.0.5"]
    assert given == "10.0.0.9"
    assert cloud.world.rows("SELECT address FROM fixed_ips WHERE allocated") == [("10.0.0.5",)]


def test_an_empty_address_is_no_address_to_validate(cloud: Cloud) -> None:
    network = cloud.world.network()

    fine = cloud.nova.call("1.0", "validate_networks", networks=[[network.uuid, "10.0.0.9"]])
    empty = cloud.nova.call("1.0", "validate_networks", networks=[[network.uuid, ""]])

    assert get_result(fine) is None
    assert '"class": "FixedIpInvalid"' in empty["failure"]


def test_leases_are_listed_as_dnsmasq_keeps_them(cloud: Cloud) -> None:
    network = cloud.world.network()
    [vif] = get_result(cloud.boot(1))
    cloud.nova.cast("1.0", "lease_fixed_ip", address="10.0.0.4")
    released = {"dev": "br100", "address": "10.0.0.4", "vif_address": vif["address"]}
    assert get_result(cloud.nova.call("1.17", "release_dhcp", **released)) is None

    whole = envelope("Network", "1.2", id=network.id, uuid=network.uuid)
    leases = get_result(cloud.nova.call("1.0", "get_dhcp_leases", network_ref=whole))

    end = int(cloud.world.clock().timestamp()) + 600
    assert leases == f"{end} {vif['address']} 10.0.0.4 host-10-0-0-4 *"


@pytest.mark.parametrize("version", ["1.0", "1.15"])
def test_a_network_has_its_gateway_host(cloud: Cloud, version: str) -> None:
    network = cloud.world.network(multi_host=False, host="node7")
    plain = {"id": network.id, "uuid": network.uuid}
    ref = plain if version == "1.0" else envelope("Network", "1.2", **plain)

    assert get_result(cloud.nova.call(version, "set_network_host", network_ref=ref)) == "node7"


def test_an_instance_is_migrated_as_nova_does(cloud: Cloud) -> None:
    cloud.world.network()
    get_result(cloud.boot(1))
    call = cloud.nova.call
    on_destination = {
        "instance_id": 74,
        "host": "node2",
        "instance": instance_object(instance(1), "node1"),
    }
    migration = {
        "instance_uuid": instance(1),
        "rxtx_factor": 1.0,
        "project_id": PROJECT,
        "source": "node1",
        "dest": "node2",
        "floating_addresses": None,
    }

    get_result(call("1.16", "setup_networks_on_host", teardown=False, **on_destination))
    before = cloud.world.snapshot("node2")
    get_result(call("1.2", "migrate_instance_start", **migration))
    get_result(call("1.2", "migrate_instance_finish", **migration))
    on_source = {**on_destination, "host": "node1"}
    get_result(call("1.16", "setup_networks_on_host", teardown=True, **on_source))

    assert before.vifs == ()
    assert cloud.world.rows("SELECT host FROM instances") == [("node2",)]
    assert len(cloud.world.snapshot("node2").vifs) == 1
