"""The loop on a fake kernel, which can be made to refuse, with a clock that the test sets."""

import logging
from ipaddress import IPv4Address
from pathlib import Path
from textwrap import dedent

import pytest

from cloudnet.agent.node.resources.base import by_key
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.wire.objects import Applied
from tests.fixtures.agent.fake_kernel import ETH1, FakeKernel
from tests.fixtures.agent.reconciler import Node
from tests.fixtures.agent.snapshots import (
    OTHER,
    PRIVATE,
    bridged_only,
    floating,
    gone,
    network,
    vif,
)


def test_the_first_guest_on_a_host_builds_the_network(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()

    assert str(node.kernel) == dedent("""\
        IPv4 forwarding
        address 10.0.0.1/22 on br100
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)
        dnsmasq br100 (guests: 1)
        sysctls of br100 (no IPv6, strict ARP)
        sysctls of vlan100 (no IPv6, strict ARP)
        table filter (rules: 35)
        table mangle (rules: 2)
        table nat (rules: 8)
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)""")
    assert node.status.applied == (Applied(PRIVATE, 1),)


def test_a_second_pass_does_nothing(node: Node) -> None:
    node.receive(network(vifs=(vif(),), floating_ips=(floating(),))).reconcile()

    assert node.reconcile() == []


def test_another_guest_costs_one_step(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()

    node.receive(network(revision=2, vifs=(vif(), vif(4, "10.0.0.4"))))

    assert node.reconcile() == ["change dnsmasq br100 (guests: 2)"]


def test_the_last_guest_takes_the_network_with_it(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()
    node.kernel.hand_out(Lease("br100", vif().address, vif().mac))

    node.receive(gone()).reconcile()

    assert str(node.kernel) == "IPv4 forwarding"
    assert node.status.gone == (gone(),)


def test_a_network_is_not_gone_while_a_guest_is_in_its_bridge(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    node.receive(bridged_only()).reconcile()
    node.kernel.guests["br100"] = ("tap1",)

    node.receive(gone())
    node.reconcile()
    node.reconcile()

    assert "bridge br100" in str(node.kernel)
    assert node.status.gone == ()
    assert [r.message for r in caplog.records].count(
        "bridge br100: not removed yet: tap1 is still in br100"
    ) == 1

    node.kernel.guests.clear()
    node.reconcile()

    assert node.status.gone == (gone(),)


def test_nothing_is_removed_before_the_first_complete_snapshots(tmp_path: Path) -> None:
    kernel = FakeKernel()
    Node(tmp_path / "before", kernel).receive(network()).reconcile()

    fresh = Node(tmp_path / "after", kernel)

    assert fresh.reconcile() == []
    assert "bridge br100" in str(kernel)


def test_a_host_rebuilds_its_network_from_disk_while_the_controller_is_away(tmp_path: Path) -> None:
    Node(tmp_path).receive(network(vifs=(vif(),)), network(OTHER)).reconcile()
    rebooted = Node(tmp_path)

    rebooted.reconcile()

    assert "dnsmasq br100 (guests: 1)" in str(rebooted.kernel)
    assert "bridge br101" in str(rebooted.kernel)


def test_a_failed_step_blocks_what_depends_on_it_and_nothing_else(node: Node) -> None:
    node.kernel.refuse["bridge br100"] = "Operation not supported"

    steps = node.receive(network(), network(OTHER)).reconcile()

    assert [step for step in steps if "br100" in step] == [
        "create bridge br100 (mac 02:00:00:00:01:00, mtu 1500)"
    ]
    assert "dnsmasq br101 (guests: 0)" in str(node.kernel)
    assert node.status.applied == (Applied(OTHER, 1),)
    assert [(p.network, p.message) for p in node.status.faults] == [
        (
            PRIVATE,
            "bridge br100: cannot be created: Operation not supported",
        )
    ]


def test_no_bridge_gets_an_address_without_the_filter(node: Node) -> None:
    node.kernel.refuse["table filter"] = "Permission denied"

    node.receive(network()).reconcile()

    assert "address" not in str(node.kernel)


def test_a_failed_step_is_logged_once_retried_after_growing_pauses_and_logged_as_resolved(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    node.kernel.refuse["dnsmasq br100"] = "address already in use"
    tries = []
    node.receive(network())
    for second in range(16):
        node.now = float(second)
        tries += [second for step in node.reconcile() if step.startswith("create dnsmasq")]
    node.kernel.refuse.clear()
    node.now = 100.0
    node.reconcile()

    assert tries == [0, 1, 3, 7, 15]
    assert [r.getMessage() for r in caplog.records if "dnsmasq" in r.getMessage()] == [
        "dnsmasq br100: cannot be created: address already in use; retrying",
        "dnsmasq br100: created (guests: 0)",
        "dnsmasq br100: resolved",
    ]


def test_drift_is_repaired_by_the_one_step_that_it_needs(node: Node) -> None:
    node.receive(network(vifs=(vif(),)), network(OTHER)).reconcile()
    del node.kernel.resources["vlan vlan100"]

    assert node.reconcile() == ["create vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)"]


def test_nothing_is_removed_when_a_nic_goes_away(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()
    node.kernel.nics = {"eth1": ETH1}

    assert node.reconcile() == []
    assert node.status.applied == ()
    assert [r.getMessage() for r in caplog.records] == [
        "network private_0: NIC eth0 is not on this host; there are: eth1"
    ]


def test_connections_of_a_floating_ip_end_when_it_moves_to_another_guest(node: Node) -> None:
    guests = (vif(), vif(4, "10.0.0.4"))
    node.receive(network(vifs=guests, floating_ips=(floating(),))).reconcile()

    node.receive(network(revision=2, vifs=guests, floating_ips=(floating(fixed="10.0.0.4"),)))

    assert node.reconcile() == [
        "change table nat (rules: 13)",
        "remove NAT mapping 192.168.99.225 to 10.0.0.3",
    ]


def test_the_lease_of_a_deleted_guest_is_released(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()
    lease = Lease("br100", vif().address, vif().mac)
    node.kernel.hand_out(lease)

    node.receive(network(revision=2))

    assert node.reconcile() == ["change dnsmasq br100 (guests: 0)", f"remove {lease}"]


def test_a_lease_is_left_to_expire_when_leases_are_kept(tmp_path: Path) -> None:
    stray = Lease("br100", IPv4Address("10.0.0.9"), "fa:16:3e:00:00:09")
    node = Node(tmp_path, kept=(Lease,))
    node.receive(network()).reconcile()
    node.kernel.resources |= by_key(stray)

    assert node.reconcile() == []


def test_a_host_that_cannot_be_read_is_not_changed_and_that_is_logged_once(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    node.receive(network(vifs=(vif(),))).reconcile()
    node.receive(network(OTHER))
    before = str(node.kernel)
    caplog.clear()

    node.kernel.unreadable = "iptables table nat: Permission denied"
    assert node.reconcile() == []
    assert node.reconcile() == []

    line = "cannot read the state of this host: iptables table nat: Permission denied"
    assert node.status.out_of_sync == {PRIVATE, OTHER}
    assert node.status.leases is None
    assert [fault.message for fault in node.status.faults] == [line]
    assert [record.getMessage() for record in caplog.records] == [line]

    node.kernel.unreadable = None
    assert node.reconcile() != []
    assert before != str(node.kernel)
