"""Lookups of addresses, VIFs and instances, and who may see what."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.errors import (
    FixedIpNotFound,
    FixedIpNotFoundForAddress,
    FloatingIpNotFound,
    FloatingIpNotFoundForAddress,
    Forbidden,
    InstanceNotFound,
)
from cloudnet.controller.model.ip_filters import parse_ip_filter
from cloudnet.controller.service.caller import ADMIN, Caller
from cloudnet.controller.service.lookups import Lookups
from tests.fixtures.controller.world import World, instance

A, B = Caller("a", is_admin=False), Caller("b", is_admin=False)
FIRST, SECOND = IPv4Address("10.0.0.3"), IPv4Address("10.0.0.4")
FLOATING = IPv4Address("203.0.113.1")


@pytest.fixture
def lookups(world: World) -> Lookups:
    """Two guests of project a, of which the first has a floating IP."""
    world.network(project="a")
    world.boot(1)
    world.boot(2)
    world.services.pools.create(IPv4Network("203.0.113.0/29"))
    world.services.floating.associate(A, world.services.floating.allocate(A, "a"), FIRST)
    return world.services.lookups


def test_a_fixed_ip_is_found_by_its_id_and_its_address(lookups: Lookups, world: World) -> None:
    row = lookups.get_fixed_ip_by_address(A, FIRST)

    assert row.id is not None
    assert lookups.get_fixed_ip(A, row.id) == row
    assert (row.instance_uuid, row.allocated, row.reserved, row.leased, row.host) == (
        instance(1),
        True,
        False,
        False,
        None,
    )
    assert row.virtual_interface_id == world.one("SELECT MIN(id) FROM virtual_interfaces")


def test_a_free_address_has_no_id(lookups: Lookups) -> None:
    row = lookups.get_fixed_ip_by_address(B, IPv4Address("10.0.0.9"))

    assert (row.id, row.instance_uuid, row.allocated) == (None, None, False)


def test_what_does_not_exist_is_not_found(lookups: Lookups) -> None:
    with pytest.raises(FixedIpNotFound, match="no fixed IP has id 999"):
        lookups.get_fixed_ip(ADMIN, 999)
    with pytest.raises(FixedIpNotFoundForAddress, match="no network contains"):
        lookups.get_fixed_ip_by_address(ADMIN, IPv4Address("192.168.0.1"))
    with pytest.raises(InstanceNotFound):
        lookups.list_vifs(ADMIN, instance(9))
    with pytest.raises(FloatingIpNotFound, match="999"):
        lookups.get_floating_ip(ADMIN, 999)
    with pytest.raises(FloatingIpNotFoundForAddress):
        lookups.find_instance_of_floating_ip(ADMIN, IPv4Address("203.0.113.77"))
    assert lookups.find_vif(ADMIN, "fa:16:3e:00:00:00") is None


def test_another_projects_rows_are_forbidden(lookups: Lookups, world: World) -> None:
    floating = world.one("SELECT id FROM floating_ips WHERE project_id = 'a'")
    mac = world.info(1)[0]["address"]

    for refused in (
        lambda: lookups.get_fixed_ip_by_address(B, FIRST),
        lambda: lookups.list_vifs(B, instance(1)),
        lambda: lookups.get_floating_ip(B, floating),
        lambda: lookups.find_instance_of_floating_ip(B, FLOATING),
    ):
        with pytest.raises(Forbidden, match="does not belong to project b"):
            refused()
    assert lookups.find_vif(B, mac) is None
    assert lookups.list_floating_ips_of(B, FIRST) == []


def test_the_vifs_of_an_instance_name_their_networks(lookups: Lookups, world: World) -> None:
    (vif,) = lookups.list_vifs(A, instance(2))

    info = world.info(2)[0]
    assert (vif.address, vif.uuid, vif.net_uuid) == (
        info["address"],
        info["id"],
        info["network"]["id"],
    )
    assert lookups.find_vif(A, vif.address) == vif


def test_a_floating_ip_leads_to_its_instance_and_back(lookups: Lookups) -> None:
    assert lookups.find_instance_of_floating_ip(A, FLOATING) == instance(1)
    assert lookups.find_instance_of_floating_ip(B, IPv4Address("203.0.113.2")) is None
    assert lookups.list_floating_ips_of(A, FIRST) == [FLOATING]
    assert lookups.list_floating_ips_of(A, SECOND) == []


def search(lookups: Lookups, caller: Caller, expression: str) -> list[tuple[str, str]]:
    found = lookups.search_instances(caller, ip=parse_ip_filter("ip", expression))
    return [(match.instance_uuid, match.ip) for match in found]


def test_instances_are_found_by_a_part_of_a_fixed_or_a_floating_address(lookups: Lookups) -> None:
    assert search(lookups, A, "10.0.0") == [(instance(1), str(FIRST)), (instance(2), str(SECOND))]
    assert search(lookups, A, r"203\.0\.") == [(instance(1), str(FLOATING))]
    assert search(lookups, A, r"10\.0\.0\.[4-9]$") == [(instance(2), str(SECOND))]
    assert search(lookups, B, "10") == []
    assert [match.ip for match in lookups.search_instances(ADMIN, fixed=SECOND)] == [str(SECOND)]
    assert lookups.search_instances(ADMIN) == []


def test_a_released_address_leads_to_no_instance(lookups: Lookups, world: World) -> None:
    world.delete(2)

    assert search(lookups, ADMIN, "10.0.0.4") == []
