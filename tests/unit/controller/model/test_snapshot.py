"""The snapshot of a network on a host, built from rows: which guests, whose gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.wire import objects
from cloudnet.common.wire.objects import NetworkGone, NetworkSnapshot, Topology
from cloudnet.controller.model.records import (
    FloatingIp,
    Guest,
    HostNetwork,
    Network,
    RecoveredGuest,
)
from cloudnet.controller.model.snapshot import build_snapshot, is_wanted
from tests.fixtures.controller.world import instance

UUID = instance(100)
GATEWAY = IPv4Address("10.0.0.1")
OWN = IPv4Address("10.0.0.7")

NETWORK = Network(
    id=1,
    uuid=UUID,
    label="private",
    topology=Topology.VLAN,
    injected=False,
    cidr=IPv4Network("10.0.0.0/24"),
    cidr_v6=None,
    multi_host=False,
    netmask=IPv4Address("255.255.255.0"),
    gateway=GATEWAY,
    broadcast=IPv4Address("10.0.0.255"),
    netmask_v6=None,
    gateway_v6=None,
    bridge="br100",
    bridge_interface="eth0",
    dns1=IPv4Address("8.8.4.4"),
    dns2=None,
    vlan=100,
    vpn_public_address=None,
    vpn_public_port=None,
    vpn_private_address=IPv4Address("10.0.0.2"),
    dhcp_start=IPv4Address("10.0.0.3"),
    dhcp_end=IPv4Address("10.0.0.254"),
    pool_start=3,
    pool_end=254,
    rxtx_base=None,
    project_id="a",
    priority=None,
    host="node1",
    mtu=None,
    dhcp_server=None,
    enable_dhcp=True,
    share_address=False,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    updated_at=None,
)
MULTI_HOST = replace(NETWORK, multi_host=True, host=None)


def row(host: str) -> HostNetwork:
    return HostNetwork(host, UUID, NETWORK.id, 7, None)


def guest(last: int, host: str, hostname: str | None = None) -> Guest:
    return Guest(
        vif_id=last,
        vif_uuid=instance(1000 + last),
        mac=f"fa:16:3e:00:00:{last:02x}",
        network_id=NETWORK.id,
        fixed_ip_id=last,
        address=IPv4Address(f"10.0.0.{last}"),
        position=last,
        instance=instance(last),
        project="a",
        host=host,
        hostname=hostname,
    )


def floating(last: int, fixed: int | None) -> FloatingIp:
    return FloatingIp(
        id=last,
        address=IPv4Address(f"192.0.2.{last}"),
        fixed_ip_id=fixed,
        project_id="a",
        host="node1",
        auto_assigned=False,
        pool="nova",
        interface=None,
    )


def recovered(last: int, *, mac: str | None = None, host: str = "node1") -> RecoveredGuest:
    return RecoveredGuest(
        host,
        IPv4Address(f"10.0.0.{last}"),
        UUID,
        mac or f"fa:16:3e:00:01:{last:02x}",
        instance(last),
        f"lost{last}",
    )


def build(
    network: Network,
    host: str,
    guests: Sequence[Guest],
    floating_ips: Sequence[FloatingIp] = (),
    lost: Sequence[RecoveredGuest] = (),
    *,
    own: IPv4Address | None = None,
) -> NetworkSnapshot:
    snapshot = build_snapshot(row(host), network, own, guests, floating_ips, lost)
    assert isinstance(snapshot, NetworkSnapshot)
    return snapshot


def served(snapshot: NetworkSnapshot) -> list[str]:
    return [vif.instance for vif in snapshot.vifs]


@pytest.mark.parametrize(
    ("network", "host", "hosts_of_guests", "wanted"),
    [
        (NETWORK, "node1", [], False),
        (NETWORK, "node1", ["node2"], True),  # the gateway of all guests
        (NETWORK, "node2", ["node2"], True),
        (NETWORK, "node2", ["node1"], False),
        (NETWORK, "node2", ["node1", "node2"], True),
        (replace(NETWORK, host=None), "node1", ["node2"], False),
        (MULTI_HOST, "node1", ["node1"], True),
        (MULTI_HOST, "node1", ["node2"], False),
        (replace(MULTI_HOST, host="node1"), "node1", ["node2"], False),
    ],
)
def test_a_host_needs_a_network_of_its_guests_or_as_their_gateway(
    network: Network, host: str, hosts_of_guests: list[str], wanted: bool
) -> None:
    guests = [guest(n, each) for n, each in enumerate(hosts_of_guests, start=3)]

    assert is_wanted(network, host, guests) is wanted
    is_gone = isinstance(build_snapshot(row(host), network, None, guests, []), NetworkGone)
    assert is_gone is not wanted


def test_a_network_that_a_host_does_not_need_is_gone_with_the_rows_revision() -> None:
    assert build_snapshot(row("node1"), NETWORK, None, [], []) == NetworkGone(UUID, "node1", 7)


def test_the_gateway_of_a_single_host_network_serves_all_guests() -> None:
    snapshot = build(NETWORK, "node1", [guest(4, "node2"), guest(3, "node1")])

    assert served(snapshot) == [instance(3), instance(4)]
    assert (snapshot.host_address, snapshot.gateway) == (GATEWAY, GATEWAY)


def test_another_host_of_a_single_host_network_only_bridges_it() -> None:
    snapshot = build(NETWORK, "node2", [guest(3, "node2")])

    assert (snapshot.vifs, snapshot.host_address, snapshot.gateway) == ((), None, GATEWAY)


def test_a_dhcp_server_besides_the_gateway_is_the_hosts_address() -> None:
    server = IPv4Address("10.0.0.9")

    snapshot = build(replace(NETWORK, dhcp_server=server), "node1", [guest(3, "node1")])

    assert (snapshot.host_address, snapshot.gateway) == (server, GATEWAY)


def test_each_host_of_a_multi_host_network_is_the_gateway_of_its_own_guests() -> None:
    guests = [guest(3, "node1"), guest(4, "node2")]

    snapshot = build(MULTI_HOST, "node2", guests, own=OWN)

    assert served(snapshot) == [instance(4)]
    assert (snapshot.host_address, snapshot.gateway) == (OWN, OWN)


def test_the_columns_of_the_network_are_in_its_snapshot() -> None:
    snapshot = build(replace(NETWORK, mtu=9000), "node1", [guest(3, "node1", "web")])

    assert snapshot == NetworkSnapshot(
        network=UUID,
        host="node1",
        revision=7,
        label="private",
        topology=Topology.VLAN,
        bridge="br100",
        vlan=100,
        bridge_interface="eth0",
        mtu=9000,
        cidr=IPv4Network("10.0.0.0/24"),
        host_address=GATEWAY,
        gateway=GATEWAY,
        enable_dhcp=True,
        dhcp_start=IPv4Address("10.0.0.3"),
        dns=(IPv4Address("8.8.4.4"),),
        project="a",
        vifs=(objects.Vif("fa:16:3e:00:00:03", IPv4Address("10.0.0.3"), "web", instance(3)),),
    )


def test_a_guest_without_a_name_has_one_made_of_its_address() -> None:
    snapshot = build(NETWORK, "node1", [guest(3, "node1")])

    assert [vif.hostname for vif in snapshot.vifs] == ["host-10-0-0-3"]


def test_floating_ips_are_those_of_served_guests_in_the_order_of_their_addresses() -> None:
    guests = [guest(3, "node1"), guest(4, "node1")]
    floating_ips = [floating(20, 3), floating(9, 4), floating(30, None), floating(31, 99)]

    snapshot = build(NETWORK, "node1", guests, floating_ips)

    assert [(str(each.address), str(each.fixed)) for each in snapshot.floating_ips] == [
        ("192.0.2.9", "10.0.0.4"),
        ("192.0.2.20", "10.0.0.3"),
    ]


def test_a_host_that_only_bridges_a_network_has_no_floating_ips_of_it() -> None:
    snapshot = build(NETWORK, "node2", [guest(3, "node2")], [floating(9, 3)])

    assert snapshot.floating_ips == ()


def test_a_recovered_guest_keeps_the_network_and_is_served() -> None:
    snapshot = build(NETWORK, "node1", [], lost=[recovered(5)])

    assert served(snapshot) == [instance(5)]


def test_a_recovered_guest_is_not_served_by_a_host_that_only_bridges() -> None:
    snapshot = build(NETWORK, "node2", [], lost=[recovered(5, host="node2")])

    assert snapshot.vifs == ()


@pytest.mark.parametrize(
    "lost", [recovered(3), recovered(5, mac="fa:16:3e:00:00:03")], ids=["address", "mac"]
)
def test_a_guest_of_the_database_overrides_a_recovered_one(lost: RecoveredGuest) -> None:
    snapshot = build(NETWORK, "node1", [guest(3, "node1", "web")], lost=[lost])

    assert [vif.hostname for vif in snapshot.vifs] == ["web"]


def test_a_kept_network_stays_without_any_guest() -> None:
    snapshot = build_snapshot(row("node1"), NETWORK, None, [], [], is_kept=True)

    assert isinstance(snapshot, NetworkSnapshot)
    assert snapshot.vifs == ()


@given(st.permutations(list(range(3, 9))), st.sampled_from([NETWORK, MULTI_HOST]))
def test_the_order_of_rows_changes_no_snapshot(order: list[int], network: Network) -> None:
    guests = [guest(n, "node1") for n in order]
    floating_ips = [floating(n + 10, n) for n in reversed(order)]

    snapshot = build(network, "node1", guests, floating_ips, own=OWN)

    assert snapshot == build(
        network,
        "node1",
        sorted(guests, key=lambda each: each.address),
        sorted(floating_ips, key=lambda each: each.address),
        own=OWN,
    )
    assert [vif.address for vif in snapshot.vifs] == sorted(each.address for each in guests)
