"""Lookups by RPC: the records that callers read, and nova's errors for wrong arguments."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from cloudnet.common.errors import (
    CidrConflict,
    FixedIpInvalid,
    Forbidden,
    InvalidID,
    InvalidInput,
    InvalidIpAddressError,
    InvalidUUID,
    NetworkHasProject,
)
from cloudnet.controller.endpoint.floating import FloatingIpsEndpoint
from cloudnet.controller.endpoint.lookups import LookupsEndpoint
from cloudnet.controller.endpoint.networks import NetworksEndpoint
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World, instance

ADMIN_CONTEXT = {"is_admin": True, "project_id": "admin"}
USER = {"is_admin": False, "project_id": "a"}


@pytest.fixture
def booted(world: World) -> World:
    """A guest of project a with a floating IP."""
    world.network(project="a")
    world.boot(1, macs=("fa:16:3e:00:00:01",))
    world.services.pools.create(IPv4Network("203.0.113.9/32"))
    FloatingIpsEndpoint(world.services).associate_floating_ip(
        USER, str(world.services.floating.allocate(ADMIN, "a")), "10.0.0.3"
    )
    return world


def test_a_fixed_ip_is_a_row_of_novas(booted: World) -> None:
    record = LookupsEndpoint(booted.services).get_fixed_ip_by_address(USER, "10.0.0.3")

    assert record.pop("id") == record.pop("virtual_interface_id") + 4  # reserved rows before it
    assert record == {
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": None,
        "deleted_at": None,
        "deleted": False,
        "address": "10.0.0.3",
        "network_id": booted.one("SELECT id FROM networks"),
        "instance_uuid": instance(1),
        "allocated": True,
        "leased": False,
        "reserved": False,
        "host": None,
    }


def test_a_vif_is_a_row_of_novas_with_the_uuid_of_its_network(booted: World) -> None:
    endpoint = LookupsEndpoint(booted.services)

    record = endpoint.get_vif_by_mac_address(USER, "FA:16:3E:00:00:01")

    assert record is not None
    assert [record] == endpoint.get_vifs_by_instance(USER, instance(1))
    assert {key: record[key] for key in ("address", "tag", "instance_uuid", "deleted")} == {
        "address": "fa:16:3e:00:00:01",
        "tag": None,
        "instance_uuid": instance(1),
        "deleted": False,
    }
    assert record["net_uuid"] == booted.one("SELECT uuid FROM networks")
    assert endpoint.get_vif_by_mac_address(USER, "fa:16:3e:00:00:02") is None


def test_instances_are_found_by_filters(booted: World) -> None:
    search = LookupsEndpoint(booted.services).get_instance_uuids_by_ip_filter
    fixed = {"instance_uuid": instance(1), "ip": "10.0.0.3"}

    assert search(USER, {"ip": "10.0"}) == [fixed]
    assert search(USER, {"fixed_ip": "10.0.0.3"}) == [fixed]
    assert search(USER, {"ip": "203", "ip6": "fd"}) == [fixed | {"ip": "203.0.113.9"}]
    assert search({"is_admin": False, "project_id": "b"}, {"ip": "10"}) == []


def test_a_floating_ip_is_found_by_all_that_leads_to_it(booted: World) -> None:
    endpoint = LookupsEndpoint(booted.services)
    row = booted.one("SELECT id FROM floating_ips")

    record = endpoint.get_floating_ip(USER, str(row))
    assert [record] == FloatingIpsEndpoint(booted.services).get_floating_ips_by_project(USER)
    fixed = record.pop("fixed_ip")
    assert record == {
        "id": row,
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-01-01T00:00:00+00:00",
        "deleted_at": None,
        "deleted": False,
        "address": "203.0.113.9",
        "fixed_ip_id": fixed["id"],
        "project_id": "a",
        "host": "node1",
        "auto_assigned": False,
        "pool": "nova",
        "interface": None,
        "instance_uuid": instance(1),
    }
    assert fixed == endpoint.get_fixed_ip_by_address(USER, "10.0.0.3")
    assert endpoint.get_instance_id_by_floating_address(USER, "203.0.113.9") == instance(1)
    assert endpoint.get_floating_ips_by_fixed_address(USER, "10.0.0.3") == ["203.0.113.9"]


def test_an_ill_formed_argument_is_refused_under_novas_name(booted: World) -> None:
    lookups, floating = LookupsEndpoint(booted.services), FloatingIpsEndpoint(booted.services)
    calls: list[tuple[type[Exception], Any, tuple[Any, ...]]] = [
        (InvalidID, lookups.get_floating_ip, ("abc",)),
        (InvalidID, lookups.get_fixed_ip, (2**64,)),
        (FixedIpInvalid, lookups.get_fixed_ip_by_address, ("",)),
        (FixedIpInvalid, lookups.get_floating_ips_by_fixed_address, ("10.0.0",)),
        (InvalidIpAddressError, floating.get_floating_ip_by_address, ("fd00::1",)),
        (InvalidIpAddressError, floating.disassociate_floating_ip, ("x",)),
        (InvalidUUID, lookups.get_vifs_by_instance, ("7",)),
        (InvalidInput, lookups.get_instance_uuids_by_ip_filter, ("10",)),
        (InvalidInput, lookups.get_instance_uuids_by_ip_filter, ({"ip": "(.*)*"},)),
    ]
    for refusal, method, arguments in calls:
        with pytest.raises(refusal):
            method(ADMIN_CONTEXT, *arguments)


def test_what_nova_sends_to_the_host_of_a_floating_ip_can_be_repeated(booted: World) -> None:
    endpoint = FloatingIpsEndpoint(booted.services)
    booted.boot(2)

    for _ in range(2):
        endpoint.associate_floating_ip_on_host(
            ADMIN_CONTEXT, "203.0.113.9", "10.0.0.4", "eth1", instance(2)
        )
    assert booted.info(2)[0]["network"]["subnets"][0]["ips"][0]["floating_ips"] != []
    for _ in range(2):
        endpoint.disassociate_floating_ip_on_host(ADMIN_CONTEXT, "203.0.113.9", "eth1")

    assert booted.one("SELECT fixed_ip_id FROM floating_ips") is None


def test_a_user_gets_novas_answer_about_networks_not_only_forbidden(booted: World) -> None:
    endpoint = NetworksEndpoint(booted.services)
    uuid = booted.one("SELECT uuid FROM networks")

    with pytest.raises(CidrConflict):
        endpoint.create_networks(USER, label="mine", cidr="10.0.0.0/28")
    with pytest.raises(NetworkHasProject):
        endpoint.delete_network(USER, uuid=uuid)
    with pytest.raises(Forbidden):
        endpoint.add_network_to_project(USER, project_id="b")
    with pytest.raises(Forbidden):
        endpoint.associate(USER, uuid, {"project": "a"})
    with pytest.raises(InvalidInput, match="associations: host, project or both"):
        endpoint.associate(ADMIN_CONTEXT, uuid, {"hots": "node1"})
    endpoint.associate(ADMIN_CONTEXT, uuid, {"project": "a"})
    (made,) = endpoint.create_networks(USER, label="mine", cidr="10.9.0.7/24")
    assert made["cidr"] == "10.9.0.0/24"
