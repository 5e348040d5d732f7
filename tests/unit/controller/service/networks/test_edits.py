"""Networks edited while hosts have them: wider ranges, gateways, DHCP, and what hosts get."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from cloudnet.common.errors import (
    AddressOutOfRange,
    BadRequest,
    CidrConflict,
    CloudnetError,
    FixedIpAlreadyInUse,
    InvalidCidr,
    NoMoreFixedIps,
)
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model.network_edit import NetworkEdit
from tests.fixtures.controller.world import World


def reserved(world: World) -> list[str]:
    rows = world.rows("SELECT address FROM fixed_ips WHERE reserved ORDER BY network_id, position")
    return [address for (address,) in rows]


def test_a_wider_range_gives_a_full_network_new_addresses(world: World) -> None:
    network = world.network(size=8)
    for number in range(4):
        world.boot(number)
    with pytest.raises(NoMoreFixedIps):
        world.boot(5)

    wider = world.services.networks.update(
        network.uuid, NetworkEdit(cidr=IPv4Network("10.0.0.0/28"))
    )

    assert (str(wider.netmask), str(wider.broadcast)) == ("255.255.255.240", "10.0.0.15")
    assert [world.address(number) for number in range(5, 13)] == [
        f"10.0.0.{last}"
        for last in (*range(8, 15), 7)  # .7 was the broadcast address
    ]
    assert reserved(world) == ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.15"]
    assert world.snapshot("node1").cidr == IPv4Network("10.0.0.0/28")


def test_the_end_of_the_pool_keeps_its_distance_to_the_end_of_the_range(world: World) -> None:
    network = world.network(allowed_end=IPv4Address("10.0.0.10"))

    wider = world.services.networks.update(
        network.uuid, NetworkEdit(cidr=IPv4Network("10.0.0.0/24"))
    )

    assert str(wider.dhcp_end) == "10.0.0.250"


def test_a_new_gateway_is_reserved_and_the_old_one_is_free(world: World) -> None:
    network = world.network()
    world.boot(1)

    world.services.networks.update(network.uuid, NetworkEdit(gateway=IPv4Address("10.0.0.14")))

    assert reserved(world) == ["10.0.0.0", "10.0.0.2", "10.0.0.14", "10.0.0.15"]
    snapshot = world.snapshot("node1")
    assert (str(snapshot.gateway), str(snapshot.host_address)) == ("10.0.0.14", "10.0.0.14")


def test_an_address_that_is_still_needed_stays_reserved(world: World) -> None:
    network = world.network(dhcp_server=IPv4Address("10.0.0.3"))

    world.services.networks.update(
        network.uuid,
        NetworkEdit(gateway=IPv4Address("10.0.0.3"), clear=frozenset({"dhcp_server"})),
    )

    assert reserved(world) == ["10.0.0.0", "10.0.0.2", "10.0.0.3", "10.0.0.15"]
    assert world.services.networks.get_network(network.uuid).dhcp_server is None


def test_dhcp_and_name_servers_are_switched_off_for_the_hosts(world: World) -> None:
    network = world.network(dns2=IPv4Address("9.9.9.9"), mtu=1400)
    world.boot(1)

    world.services.networks.update(
        network.uuid, NetworkEdit(enable_dhcp=False, clear=frozenset({"dns2", "mtu"}))
    )

    snapshot = world.snapshot("node1")
    assert (snapshot.enable_dhcp, snapshot.dns, snapshot.mtu) == (
        False,
        (IPv4Address("8.8.4.4"),),
        None,
    )


REFUSALS: list[tuple[dict[str, Any], type[CloudnetError], str]] = [
    ({"cidr": IPv4Network("10.0.0.0/29")}, InvalidCidr, "larger range that begins with 10.0.0.0"),
    ({"cidr": IPv4Network("11.0.0.0/16")}, InvalidCidr, "begins with"),
    ({"cidr": IPv4Network("10.0.0.0/24")}, CidrConflict, r"overlaps the network 10\.0\.0\.16/28"),
    ({"gateway": IPv4Address("10.0.0.3")}, FixedIpAlreadyInUse, "belongs to instance"),
    (
        {"gateway": IPv4Address("10.0.0.15")},
        AddressOutOfRange,
        "give one from .*1 to 10.0.0.14",
    ),
    ({"dhcp_server": IPv4Address("10.0.0.99")}, AddressOutOfRange, "dhcp_server 10.0.0.99"),
    ({"clear": frozenset({"cidr"})}, BadRequest, "cidr cannot be cleared"),
    ({"dns1": IPv4Address("9.9.9.9"), "clear": frozenset({"dns1"})}, BadRequest, "dns1 is both"),
]


@pytest.mark.parametrize(("wanted", "refusal", "words"), REFUSALS)
def test_an_impossible_edit_changes_nothing(
    world: World, wanted: dict[str, Any], refusal: type[CloudnetError], words: str
) -> None:
    network = world.network(project="a")
    world.network("next")
    world.boot(1)
    before, rows = world.services.networks.list_networks(), reserved(world)

    with pytest.raises(refusal, match=words):
        world.services.networks.update(network.uuid, NetworkEdit(mtu=1400, **wanted))

    assert world.services.networks.list_networks() == before
    assert reserved(world) == rows


def test_a_range_does_not_grow_over_floating_ips(world: World) -> None:
    network = world.network(cidr=IPv4Network("10.0.0.0/28"))
    world.services.pools.create(IPv4Network("10.0.0.20/32"))

    with pytest.raises(CidrConflict, match=r"floating IP 10\.0\.0\.20"):
        world.services.networks.update(network.uuid, NetworkEdit(cidr=IPv4Network("10.0.0.0/27")))


def test_a_flat_network_serves_no_dhcp(world: World) -> None:
    flat = world.network("flat", topology=Topology.FLAT, bridge="br-flat")

    with pytest.raises(BadRequest, match="is flat"):
        world.services.networks.update(flat.uuid, NetworkEdit(enable_dhcp=True))
