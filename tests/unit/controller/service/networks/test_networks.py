"""Networks are created, changed, associated and deleted."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from cloudnet.common.errors import (
    AddressOutOfRange,
    BadRequest,
    CidrConflict,
    CloudnetError,
    DuplicateVlan,
    InvalidCidr,
    InvalidInput,
    InvalidIntValue,
    NetworkHasProject,
    NetworkInUse,
    NetworkNotCreated,
    NetworkNotFoundForCidr,
    NetworkNotFoundForUUID,
    NoMoreNetworks,
    NoMoreVlans,
)
from cloudnet.common.wire.objects import NetworkSnapshot, Topology
from cloudnet.controller.model.network_plan import NetworkRequest
from cloudnet.controller.model.records import Network
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import SETTINGS, World, a_world, addresses, instance


def create(world: World, label: str = "private", **wanted: Any) -> list[Network]:
    return world.services.networks.create(NetworkRequest(label, **wanted))


# -- creating --------------------------------------------------------------------------------------


def test_what_a_request_leaves_out_comes_from_the_configuration(world: World) -> None:
    made = create(world, num_networks=4)

    assert [(n.label, str(n.cidr), n.vlan, n.bridge, n.host) for n in made] == [
        ("private_0", "10.0.0.0/22", 100, "br100", "node1"),
        ("private_1", "10.0.4.0/22", 101, "br101", "node1"),
        ("private_2", "10.0.8.0/22", 102, "br102", "node1"),
        ("private_3", "10.0.12.0/22", 103, "br103", "node1"),
    ]
    first = made[0]
    assert (str(first.gateway), str(first.vpn_private_address)) == ("10.0.0.1", "10.0.0.2")
    assert (str(first.dhcp_start), str(first.dhcp_end)) == ("10.0.0.3", "10.0.3.254")
    assert (str(first.dns1), first.bridge_interface) == ("8.8.4.4", "eth0")


def test_only_reserved_addresses_get_rows(world: World) -> None:
    create(world, network_size=256)

    assert world.rows("SELECT address FROM fixed_ips WHERE reserved ORDER BY position") == [
        ("10.0.0.0",),
        ("10.0.0.1",),
        ("10.0.0.2",),
        ("10.0.0.255",),
    ]


def test_a_class_a_network_is_created_at_once(world: World) -> None:
    began = time.monotonic()

    (made,) = create(world, network_size=2**24)

    assert str(made.cidr) == "10.0.0.0/8"
    assert world.one("SELECT count(*) FROM fixed_ips") == 4
    assert time.monotonic() - began < 5  # a row for each address would take a minute


def test_new_networks_follow_the_existing_ones(world: World) -> None:
    create(world, "one", num_networks=2)

    made = create(world, "two", num_networks=2)

    assert [(str(n.cidr), n.vlan) for n in made] == [("10.0.8.0/22", 102), ("10.0.12.0/22", 103)]


def test_a_requested_range_overrides_the_configured_size(world: World) -> None:
    (made,) = create(world, cidr=IPv4Network("192.168.7.0/24"))

    assert str(made.cidr) == "192.168.7.0/24"


# -- options ---------------------------------------------------------------------------------------


def test_a_multi_host_network_has_no_host(world: World) -> None:
    (made,) = create(world, multi_host=True)

    assert (made.multi_host, made.host) == (True, None)


def test_flat_and_vlan_networks_can_exist_side_by_side(world: World) -> None:
    create(world)

    (made,) = create(
        world, "flat", topology=Topology.FLATDHCP, bridge="br-flat", bridge_interface="eth2"
    )

    assert (made.vlan, made.bridge, made.bridge_interface) == (None, "br-flat", "eth2")
    assert (made.vpn_private_address, str(made.dhcp_start)) == (None, "10.0.4.2")


def test_a_vlan_id_whose_bridge_exists_is_not_picked(world: World) -> None:
    world.network("flat", topology=Topology.FLATDHCP, bridge="br100")

    assert world.network("vlan").vlan == 101


def test_vpn_clients_get_the_last_addresses_of_a_vlan_network(tmp_path: Path) -> None:
    some = replace(SETTINGS, networks=replace(SETTINGS.networks, vpn_clients=5))
    with a_world(tmp_path, some) as world:
        (made,) = create(world, network_size=256)

        assert str(made.dhcp_end) == "10.0.0.249"


def test_fixed_cidr_narrows_the_pool(world: World) -> None:
    (made,) = create(
        world, cidr=IPv4Network("10.0.0.0/24"), fixed_cidr=IPv4Network("10.0.0.128/25")
    )

    assert (str(made.dhcp_start), str(made.dhcp_end)) == ("10.0.0.128", "10.0.0.254")


def test_allowed_addresses_shift_gateway_and_pool(world: World) -> None:
    (made,) = create(
        world,
        cidr=IPv4Network("10.0.0.0/24"),
        allowed_start=IPv4Address("10.0.0.10"),
        allowed_end=IPv4Address("10.0.0.245"),
        dhcp_server=IPv4Address("10.0.0.11"),
    )

    assert [str(made.gateway), str(made.vpn_private_address)] == ["10.0.0.10", "10.0.0.12"]
    assert [str(made.dhcp_start), str(made.dhcp_end)] == ["10.0.0.13", "10.0.0.245"]


REFUSALS: list[tuple[dict[str, Any], type[CloudnetError], str]] = [
    ({"cidr": IPv4Network("10.0.0.0/25"), "network_size": 256}, InvalidIntValue, r"10\.0\.0\.0/25"),
    ({"cidr": IPv4Network("10.0.1.0/24")}, CidrConflict, r"10\.0\.0\.0/22"),
    ({"cidr": IPv4Network("10.0.0.0/16"), "network_size": 2**16}, CidrConflict, "another range"),
    ({"network_size": 4}, InvalidIntValue, "too small"),
    ({"vlan": 100}, DuplicateVlan, "VLAN 100"),
    ({"vlan_start": 4094, "num_networks": 2}, NoMoreVlans, "4094"),
    ({"num_networks": 2, "vlan": 200}, BadRequest, "vlan is for one"),
    ({"topology": Topology.FLATDHCP}, NetworkNotCreated, "bridge"),
    ({"topology": Topology.FLATDHCP, "bridge": "br100"}, BadRequest, "br100"),
    ({"topology": Topology.FLATDHCP, "bridge": "b", "num_networks": 2}, BadRequest, "one at a"),
    ({"topology": Topology.FLAT, "bridge": "b", "vlan": 7}, BadRequest, "no VLAN id"),
    ({"topology": Topology.FLAT, "bridge": "no/such"}, InvalidInput, "device name"),
    ({"gateway": IPv4Address("172.16.0.1")}, AddressOutOfRange, "gateway 172.16.0.1"),
    ({"fixed_cidr": IPv4Network("172.16.0.0/24")}, AddressOutOfRange, "fixed_cidr"),
    ({"fixed_cidr": IPv4Network("10.0.4.0/31")}, InvalidCidr, "no address"),
    ({"multi_host": True, "host": "node2"}, BadRequest, "node2"),
    ({"label": "new\nline"}, InvalidInput, "label: 1 to 255 printable"),
    ({"label": "", "num_networks": 2}, InvalidInput, "label: 1 to 253 printable"),
    ({"label": "x" * 255, "num_networks": 2}, InvalidInput, "label: 1 to 253 printable"),
    (
        {"cidr": IPv4Network("192.0.2.5/32"), "gateway": IPv4Address("192.0.2.5")},
        InvalidIntValue,
        "too small",
    ),
]


@pytest.mark.parametrize(("wanted", "refusal", "words"), REFUSALS)
def test_an_impossible_request_is_refused_and_creates_nothing(
    world: World, wanted: dict[str, Any], refusal: type[CloudnetError], words: str
) -> None:
    create(world)

    with pytest.raises(refusal, match=words) as refused:
        create(world, **{"label": "second"} | wanted)

    assert "\n" not in str(refused.value).replace("\\n", "")
    assert world.one("SELECT count(*) FROM networks") == 1
    assert world.one("SELECT count(*) FROM fixed_ips") == 4


def test_a_uuid_that_is_taken_is_refused(world: World) -> None:
    create(world, uuid=instance(1))

    with pytest.raises(CidrConflict, match="uuid"):
        create(world, uuid=instance(1))


# -- deleting --------------------------------------------------------------------------------------


def test_a_network_is_deleted_by_its_range_or_its_uuid(world: World) -> None:
    one, two = create(world, num_networks=2)

    world.services.networks.delete(uuid=one.uuid)
    world.services.networks.delete(cidr=two.cidr)

    assert world.services.networks.list_networks() == []
    assert world.one("SELECT count(*) FROM fixed_ips") == 0


def test_an_unknown_network_cannot_be_deleted(world: World) -> None:
    with pytest.raises(NetworkNotFoundForUUID, match=instance(1)):
        world.services.networks.delete(uuid=instance(1))
    with pytest.raises(NetworkNotFoundForCidr, match=r"10\.0\.0\.0/24"):
        world.services.networks.delete(cidr=IPv4Network("10.0.0.0/24"))


def test_a_projects_network_cannot_be_deleted(world: World) -> None:
    (made,) = create(world, project="a")

    with pytest.raises(NetworkHasProject, match="project a"):
        world.services.networks.delete(uuid=made.uuid)


@pytest.mark.parametrize("by", ["uuid", "cidr"])
def test_a_projects_network_can_be_deleted_on_request(world: World, by: str) -> None:
    (made,) = create(world, project="a")

    world.services.networks.delete(**{by: getattr(made, by)}, require_disassociated=False)

    assert world.services.networks.list_networks() == []


def test_a_refused_deletion_leaves_the_network_to_its_project(world: World) -> None:
    network = world.network()
    world.boot(1)

    with pytest.raises(NetworkInUse):
        world.services.networks.delete(uuid=network.uuid, require_disassociated=False)

    assert [n.project_id for n in world.services.networks.list_networks()] == ["a"]


def test_a_network_with_guests_can_neither_be_deleted_nor_disassociated(world: World) -> None:
    flat = world.network(topology=Topology.FLATDHCP, bridge="br-flat")
    vlan = world.network("vlan", project="a")
    world.boot(1, "a", "node1", (flat, None), (vlan, None))

    with pytest.raises(NetworkInUse, match="1 addresses"):
        world.services.networks.delete(uuid=flat.uuid)
    with pytest.raises(NetworkInUse):
        world.services.networks.disassociate(vlan.uuid)
    assert world.services.networks.disassociate(vlan.uuid, force=True).project_id is None


def test_addresses_in_quarantine_are_deleted_with_their_network(world: World) -> None:
    flat = world.network(topology=Topology.FLATDHCP, bridge="br-flat")
    world.boot(1, "a", "node1", (flat, None))
    world.delete(1)

    world.services.networks.delete(uuid=flat.uuid)

    assert world.rows("SELECT * FROM instances") == []


# -- changing --------------------------------------------------------------------------------------


def test_a_change_reaches_the_hosts_that_have_the_network(world: World) -> None:
    network = world.network()
    world.boot(1)
    before = world.snapshot("node1")

    world.services.networks.update(network.uuid, dns1=IPv4Address("9.9.9.9"), mtu=1400)

    after = world.snapshot("node1")
    assert (after.dns, after.mtu) == ((IPv4Address("9.9.9.9"),), 1400)
    assert after.revision > before.revision


@pytest.mark.parametrize("label", ["", "new\nline", "x" * 256])
def test_an_invalid_label_changes_nothing(world: World, label: str) -> None:
    network = world.network()

    with pytest.raises(InvalidInput, match="label: 1 to 255 printable"):
        world.services.networks.update(network.uuid, label=label, mtu=1400)

    assert world.services.networks.list_networks() == [network]


def test_a_project_may_be_given_more_networks(world: World) -> None:
    one, two, three = create(world, num_networks=3)
    world.services.networks.associate("a")

    world.services.networks.associate("a", three.uuid)

    assert [n.project_id for n in world.services.networks.list_networks()] == ["a", None, "a"]
    assert world.services.networks.associate("a", one.uuid).project_id == "a"
    with pytest.raises(NoMoreNetworks, match="project a"):
        world.services.networks.associate("b", three.uuid)
    world.services.networks.associate("b", two.uuid)
    with pytest.raises(NoMoreNetworks):
        world.services.networks.associate("c")


def test_another_host_becomes_the_gateway(world: World) -> None:
    network = world.network()
    world.boot(1, host="node2")
    world.report("node1", *world.report("node1").stale)

    world.services.networks.update(network.uuid, host="node3")

    new = world.snapshot("node3")
    assert isinstance(new, NetworkSnapshot)
    assert str(new.host_address) == "10.0.0.1"
    assert world.report("node1").stale == ()  # nothing there any more: node2 has the guest


def test_a_multi_host_network_has_no_gateway_to_move(world: World) -> None:
    (made,) = create(world, multi_host=True)

    with pytest.raises(BadRequest, match="multi-host"):
        world.services.networks.update(made.uuid, label="changed", mtu=1400, host="node2")

    assert world.services.networks.list_networks() == [made]


def test_the_floating_ips_of_a_network_move_with_its_gateway(world: World) -> None:
    network = world.network()
    other = world.network("other", topology=Topology.FLATDHCP, bridge="br-flat")
    world.boot(1, "a", "node2")
    world.boot(2, "a", "node2", (other, None))
    world.services.pools.create(IPv4Network("203.0.113.0/29"))
    for guest in (world.info(1), world.info(2)):
        floating = world.services.floating.allocate(ADMIN, "a")
        world.services.floating.associate(ADMIN, floating, IPv4Address(addresses(guest)[0]))
    hosts = "SELECT host FROM floating_ips WHERE fixed_ip_id IS NOT NULL ORDER BY id"

    world.services.networks.update(network.uuid, host="node7")
    assert world.rows(hosts) == [("node7",), ("node1",)]

    world.services.networks.disassociate(network.uuid, project=False, host=True, force=True)
    assert world.rows(hosts) == [(None,), ("node1",)]


def test_a_multi_host_networks_floating_ips_stay_where_its_guests_are(world: World) -> None:
    (made,) = create(world, multi_host=True)
    fixed = world.address(1, "a", "node2")
    world.services.pools.create(IPv4Network("203.0.113.9/32"))
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address(fixed))

    world.services.networks.disassociate(made.uuid, host=True, force=True)

    assert world.one("SELECT host FROM floating_ips") == "node2"


@pytest.mark.parametrize("bridge", ["all", "default", "lo"])
def test_a_bridge_cannot_have_a_name_that_means_every_device(world: World, bridge: str) -> None:
    with pytest.raises(
        InvalidInput, match=f"bridge: '{bridge}' cannot be .* none of all, default, lo"
    ):
        world.network(topology=Topology.FLATDHCP, bridge=bridge)

    assert world.one("SELECT count(*) FROM networks") == 0
