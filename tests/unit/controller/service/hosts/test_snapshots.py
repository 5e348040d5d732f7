"""Snapshots of hosts: which networks, guests and floating IPs they contain."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.wire.objects import (
    FloatingIp,
)
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import World


def test_a_single_host_serves_the_guests_of_all_hosts(world: World) -> None:
    world.network()
    world.boot(1, host="node1", hostname="Web 1.example.org")
    world.boot(2, host="node2")

    gateway, other = world.snapshot("node1"), world.snapshot("node2")

    assert str(gateway.host_address) == str(gateway.gateway) == "10.0.0.1"
    assert [(str(vif.address), vif.hostname) for vif in gateway.vifs] == [
        ("10.0.0.3", "web-1"),
        ("10.0.0.4", "host-10-0-0-4"),
    ]
    assert (other.host_address, other.vifs, str(other.gateway)) == (None, (), "10.0.0.1")


def test_in_multi_host_mode_a_host_serves_its_own_guests_alone(wide: World) -> None:
    wide.network()
    wide.boot(1, host="node1")
    wide.boot(2, host="node2")

    snapshot = wide.snapshot("node2")

    assert str(snapshot.host_address) == str(snapshot.gateway) == "10.0.0.5"
    assert [str(vif.address) for vif in snapshot.vifs] == ["10.0.0.6"]


def test_an_external_gateway_is_the_guests_route_but_not_the_hosts_address(world: World) -> None:
    world.network(dhcp_server=IPv4Address("10.0.0.2"))
    world.boot(1)

    snapshot = world.snapshot("node1")

    assert (str(snapshot.host_address), str(snapshot.gateway)) == ("10.0.0.2", "10.0.0.1")


def test_floating_ips_are_in_the_snapshot_of_the_gateway(world: World) -> None:
    world.network()
    world.boot(1, host="node2")
    world.services.pools.create(IPv4Network("203.0.113.5/32"), interface="eth9")
    floating = world.services.floating.allocate(ADMIN, "a")
    world.services.floating.associate(ADMIN, floating, IPv4Address("10.0.0.3"))

    assert world.snapshot("node1").floating_ips == (
        FloatingIp(floating, IPv4Address("10.0.0.3"), "eth9"),
    )
    assert world.snapshot("node2").floating_ips == ()


def test_every_change_raises_the_revision(world: World) -> None:
    world.network()
    revisions = []
    for change in (lambda: world.boot(1), lambda: world.boot(2), lambda: world.delete(1)):
        change()
        revisions.append(world.snapshot("node1").revision)

    assert revisions == sorted(set(revisions))
