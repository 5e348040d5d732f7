"""Which addresses guests get after an operator has edited the row of their network by SQL."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import (
    FixedIpAlreadyInUse,
    FixedIpNotFoundForNetwork,
    NoMoreFixedIps,
)
from cloudnet.common.wire.objects import AgentIdentity, Report, ReportedRange, Topology
from tests.fixtures.controller.world import SETTINGS, World, a_world, addresses, instance

OWN_ADDRESSES = ("gateway", "dhcp_server", "vpn_private_address", "broadcast")
SERVERS = ("dns1", "dns2", "vpn_public_address")


@pytest.mark.parametrize("column", [*OWN_ADDRESSES, *SERVERS])
def test_the_next_guest_does_not_get_the_address_in_an_edited_column(
    world: World, column: str
) -> None:
    world.network(cidr=IPv4Network("10.0.0.0/28"))  # pool .3 to .14
    world.edit(f"UPDATE networks SET {column} = '10.0.0.3'")  # noqa: S608 - of the test

    assert world.address(1) == "10.0.0.4"


@pytest.mark.parametrize("column", OWN_ADDRESSES)
def test_an_address_that_the_network_itself_needs_is_not_given_on_request(
    world: World, column: str
) -> None:
    network = world.network(project="a")
    world.edit(f"UPDATE networks SET {column} = '10.0.0.5'")  # noqa: S608 - of the test

    with pytest.raises(FixedIpNotFoundForNetwork, match="itself needs"):
        world.boot(1, "a", "node1", (network, "10.0.0.5"))


def test_a_guest_becomes_the_dns_server_of_its_network_on_request(world: World) -> None:
    network = world.network(project="a")
    world.edit("UPDATE networks SET dns1 = '10.0.0.5'")

    assert addresses(world.boot(1, "a", "node1", (network, "10.0.0.5"))) == ["10.0.0.5"]


def test_addresses_in_several_columns_in_a_row_are_left_out(world: World) -> None:
    world.network()
    world.edit(
        "UPDATE networks SET gateway = '10.0.0.3', dhcp_server = '10.0.0.4', dns1 = '10.0.0.6'"
    )

    assert [world.address(number) for number in (1, 2)] == ["10.0.0.5", "10.0.0.7"]


def test_a_pool_without_any_other_address_is_full(world: World) -> None:
    world.network()
    world.edit(
        "UPDATE networks SET pool_start = 13, dhcp_start = '10.0.0.13', gateway = '10.0.0.13', "
        "dhcp_server = '10.0.0.14'"
    )

    with pytest.raises(NoMoreFixedIps):
        world.boot(1)


def test_the_search_goes_on_at_the_start_behind_an_excluded_last_address(world: World) -> None:
    network = world.network(project="a")
    world.boot(1, "a", "node1", (network, "10.0.0.3"))
    for number in range(2, 13):
        world.boot(number)  # up to .14
    world.edit("UPDATE networks SET gateway = '10.0.0.14'")
    for number in (2, 12):  # .4 and .14
        world.delete(number)
    world.end_quarantine()

    assert world.address(20) == "10.0.0.4"


def test_a_host_does_not_get_the_address_in_an_edited_column_for_its_own(wide: World) -> None:
    wide.network()
    wide.edit("UPDATE networks SET gateway = '10.0.0.3'")

    wide.boot(1)

    own = wide.one("SELECT address FROM fixed_ips WHERE host = 'node1'")
    assert own == "10.0.0.4"


def test_a_guest_on_the_operators_bridge_does_not_get_the_address_of_a_host(
    tmp_path: Path,
) -> None:
    flat = replace(SETTINGS.networks, topology=Topology.FLAT, flat_network_bridge="br-flat")
    ranges = (ReportedRange("br-flat", IPv4Network("10.0.0.0/28"), IPv4Address("10.0.0.2")),)
    identity = AgentIdentity(instance(7), IPv4Address("10.0.0.3"), instance(8))
    with a_world(tmp_path, replace(SETTINGS, networks=flat)) as world:
        network = world.network()  # pool .2 to .14
        world.services.hosts.process_report(Report("node1", (), agent=identity, ranges=ranges))

        assert world.address(1) == "10.0.0.4"
        with pytest.raises(FixedIpAlreadyInUse, match="of a host's own"):
            world.boot(2, "a", "node1", (network, "10.0.0.3"))
