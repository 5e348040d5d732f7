"""Floating IPs: associated with guests and disassociated."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.common.errors import (
    CannotDisassociateAutoAssignedFloatingIP,
    FixedIpNotFoundForAddress,
    FloatingIpAssociateFailed,
    FloatingIpNotAssociated,
    FloatingIpNotFoundForAddress,
    Forbidden,
)
from cloudnet.common.wire.objects import NetworkSnapshot
from cloudnet.controller.service.caller import ADMIN, Caller
from tests.fixtures.controller.world import World, instance

A, B = Caller("a", is_admin=False), Caller("b", is_admin=False)
FIRST, SECOND = IPv4Address("10.0.0.3"), IPv4Address("10.0.0.4")


def rows(world: World) -> list[tuple[str, str | None, str | None]]:
    return world.rows(
        "SELECT g.address, f.address, g.host FROM floating_ips g "
        "LEFT JOIN fixed_ips f ON f.id = g.fixed_ip_id WHERE g.project_id IS NOT NULL"
    )


def test_a_floating_ip_is_on_the_networks_gateway(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")

    assert pooled.services.floating.associate(A, floating, FIRST) is None

    assert rows(pooled) == [("203.0.113.1", "10.0.0.3", "node1")]
    assert pooled.info(1)[0]["network"]["subnets"][0]["ips"][0]["floating_ips"] == [
        {"address": "203.0.113.1", "type": "floating", "version": 4, "meta": {}}
    ]


def test_on_a_multi_host_network_it_is_on_the_guests_host(wide: World) -> None:
    wide.network()
    wide.services.pools.create(IPv4Network("203.0.113.9/32"))
    wide.boot(1, host="node2")
    floating = wide.services.floating.allocate(ADMIN, "a")

    wide.services.floating.associate(ADMIN, floating, SECOND)

    assert rows(wide) == [("203.0.113.9", "10.0.0.4", "node2")]


def test_associating_again_changes_nothing(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")
    pooled.services.floating.associate(A, floating, FIRST)
    before = pooled.snapshot("node1").revision

    assert pooled.services.floating.associate(A, floating, FIRST) is None

    assert pooled.snapshot("node1").revision == before


def test_moving_it_returns_the_instance_that_loses_it(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")
    pooled.services.floating.associate(A, floating, FIRST)

    assert pooled.services.floating.associate(A, floating, SECOND) == instance(1)

    assert rows(pooled) == [("203.0.113.1", "10.0.0.4", "node1")]


def test_moving_it_changes_the_snapshots_of_both_hosts(wide: World) -> None:
    wide.network()
    wide.services.pools.create(IPv4Network("203.0.113.9/32"))
    wide.boot(1, host="node1")
    wide.boot(2, host="node2")
    floating = wide.services.floating.allocate(ADMIN, "a")
    wide.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.4"))

    wide.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.6"))

    assert wide.snapshot("node1").floating_ips == ()
    assert len(wide.snapshot("node2").floating_ips) == 1


def test_disassociating_twice_is_refused(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")
    pooled.services.floating.associate(A, floating, FIRST)

    pooled.services.floating.disassociate(A, floating)

    assert rows(pooled) == [("203.0.113.1", None, None)]
    snapshot = pooled.snapshot("node1")
    assert isinstance(snapshot, NetworkSnapshot)
    assert snapshot.floating_ips == ()
    with pytest.raises(FloatingIpNotAssociated):
        pooled.services.floating.disassociate(A, floating)


def test_an_auto_assigned_one_stays_with_its_instance(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a", auto_assigned=True)
    pooled.services.floating.associate(A, floating, FIRST, affect_auto_assigned=True)

    with pytest.raises(CannotDisassociateAutoAssignedFloatingIP):
        pooled.services.floating.disassociate(A, floating)
    with pytest.raises(CannotDisassociateAutoAssignedFloatingIP):
        pooled.services.floating.associate(A, floating, SECOND)
    pooled.services.floating.deallocate(A, floating)
    assert rows(pooled) == [("203.0.113.1", "10.0.0.3", "node1")]


def test_unknown_addresses_are_named(pooled: World) -> None:
    floating = pooled.services.floating.allocate(A, "a")

    with pytest.raises(FloatingIpNotFoundForAddress, match=r"8\.8\.8\.8"):
        pooled.services.floating.associate(ADMIN, IPv4Address("8.8.8.8"), FIRST)
    with pytest.raises(FixedIpNotFoundForAddress, match=r"10\.0\.0\.9"):
        pooled.services.floating.associate(A, floating, IPv4Address("10.0.0.9"))
    with pytest.raises(FloatingIpAssociateFailed, match="belongs to no project"):
        pooled.services.floating.associate(ADMIN, IPv4Address("203.0.113.2"), FIRST)


def test_a_floating_ip_cannot_be_associated_with_another_projects_guest(pooled: World) -> None:
    floating = pooled.services.floating.allocate(B, "b")

    with pytest.raises(Forbidden, match="another project"):
        pooled.services.floating.associate(B, floating, FIRST)
