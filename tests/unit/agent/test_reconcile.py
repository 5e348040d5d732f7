"""The loop on a fake kernel, which can be made to refuse, with a clock that the test sets."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudnet.agent.node.resources.actual import ActualState, Nic
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.reconcile import Need
from cloudnet.agent.wakeup import Cause
from cloudnet.common.errors import KernelRefused
from cloudnet.common.wire.objects import Applied, Fault, NetworkSnapshot, Topology
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
from tests.fixtures.agent.strategies import networks
from tests.fixtures.waiting import wait_for

RESYNC_SECONDS = 10  # of the fixtures' settings


@contextmanager
def running(path: Path, kernel: FakeKernel | None = None) -> Iterator[Node]:
    """Yield a node whose loop runs in a thread, on the real clock."""
    node = Node(path, kernel, clock=time.monotonic)
    stop = threading.Event()
    thread = threading.Thread(target=node.reconciler.run, args=(stop,), daemon=True)
    thread.start()
    yield node
    stop.set()
    node.wakeup.host_changed()
    thread.join(5)
    assert not thread.is_alive()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


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


# -- without a read --------------------------------------------------------------------------------


def test_an_addition_by_the_controller_needs_no_read(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()
    node.receive(network(revision=2, vifs=(vif(), vif(4, "10.0.0.4"))))

    assert node.reconcile(read=False) == ["change dnsmasq br100 (guests: 2)"]
    assert node.kernel.reads == 1
    assert node.status.applied == (Applied(PRIVATE, 2),)
    assert node.reconcile() == []


def test_a_removal_needs_a_read(node: Node) -> None:
    node.receive(bridged_only()).reconcile()
    node.kernel.guests["br100"] = ("tap1",)  # came after the last look
    node.receive(gone())

    node.reconcile(read=False)

    assert node.kernel.reads == 2
    assert "bridge br100" in node.kernel.resources
    assert "vlan vlan100" in node.kernel.resources


def test_connections_of_a_floating_ip_end_even_if_it_was_never_read(node: Node) -> None:
    guests = (vif(), vif(4, "10.0.0.4"))
    node.receive(network(vifs=guests)).reconcile()
    node.receive(network(revision=2, vifs=guests, floating_ips=(floating(),)))
    node.reconcile(read=False)
    node.receive(network(revision=3, vifs=guests, floating_ips=(floating(fixed="10.0.0.4"),)))

    assert "remove NAT mapping 192.168.99.225 to 10.0.0.3" in node.reconcile(read=False)


def test_a_failed_step_makes_the_next_pass_read(node: Node) -> None:
    node.receive(bridged_only()).reconcile()
    node.kernel.refuse["bridge br101"] = "no"
    node.receive(bridged_only(OTHER))
    node.reconcile(read=False)
    node.kernel.refuse.clear()
    node.now += 10

    node.reconcile(read=False)

    assert node.kernel.reads == 2
    assert "bridge br101" in node.kernel.resources


@given(st.lists(st.tuples(networks, st.booleans()), max_size=5))
@settings(deadline=None)
def test_passes_with_and_without_a_read_lead_to_the_same_state(
    passes: list[tuple[list[NetworkSnapshot], bool]],
) -> None:
    with TemporaryDirectory() as path:
        node = Node(Path(path))
        known: set[str] = set()
        for revision, (snapshots, read) in enumerate(passes, 1):
            here = {one.network: replace(one, revision=revision) for one in snapshots}
            left = [gone(uuid, revision=revision) for uuid in known - here.keys()]
            node.receive(*here.values(), *left).reconcile(read=read)
            known |= here.keys()

        assert node.reconcile() == []


def test_a_pass_without_a_read_is_soon_followed_by_one_with_a_read(tmp_path: Path) -> None:
    with running(tmp_path) as node:
        node.receive(network(vifs=(vif(),)))
        wait_for(lambda: "dnsmasq br100" in node.kernel.resources, "the first guest", 5)

        del node.kernel.resources["vlan vlan100"]
        node.receive(network(revision=2, vifs=(vif(), vif(4, "10.0.0.4"))))

        wait_for(lambda: "vlan vlan100" in node.kernel.resources, "the repair", 5)


def test_a_bug_in_one_driver_stops_no_other_resource(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class BuggyKernel(FakeKernel):
        def ensure(self, desired: Resource, actual: Resource | None) -> None:
            if desired.key == "bridge br100":
                raise ValueError("no such thing")
            super().ensure(desired, actual)

    node = Node(tmp_path, BuggyKernel())
    node.receive(bridged_only(), bridged_only(OTHER))

    node.reconcile()
    node.reconcile()

    assert "vlan vlan101" in node.kernel.resources
    [fault] = node.status.faults
    assert fault.message.endswith(": a bug in cloudnet, ValueError: no such thing")
    assert caplog.text.count("Traceback") == 1


def test_a_blocked_step_is_not_reported_and_causes_no_passes(node: Node) -> None:
    node.kernel.refuse["dnsmasq br100"] = "port in use"
    node.receive(network(vifs=(vif(),))).reconcile()
    node.kernel.refuse["bridge br100"] = "no"
    node.kernel.resources.clear()
    node.now += 10

    node.reconcile()
    node.now += 0.5

    assert node.reconciler.pause_seconds > 0.4
    assert [fault.message for fault in node.status.faults] == [
        "bridge br100: cannot be created: no"
    ]


def test_a_host_that_cannot_be_read_is_read_again_after_a_second(node: Node) -> None:
    node.kernel.refuse["dnsmasq br100"] = "port in use"
    node.receive(network(vifs=(vif(),))).reconcile()
    node.kernel.unreadable = "no"
    node.now += 10

    node.reconcile()

    assert node.reconciler.pause_seconds == 1.0
    assert node.status.out_of_sync == {PRIVATE}


# -- how often the host is read --------------------------------------------------------------------


def test_a_read_that_shows_no_change_plans_nothing(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()
    status = node.status

    node.reconcile()

    assert node.status is status


def test_drift_without_events_is_found_by_the_drift_check(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()
    del node.kernel.resources["table filter"]
    node.kernel.drifted = True

    assert node.reconciler.check(Cause.TIMER) is Need.NOTHING
    node.now += 3

    assert node.reconciler.check(Cause.TIMER) is Need.READ
    assert node.reconcile() == ["create table filter (rules: 35)"]


def test_a_host_without_drift_is_not_read_before_the_resync(node: Node) -> None:
    node.receive(network(vifs=(vif(),))).reconcile()

    needs = {}
    for second in (3, 6, 9, RESYNC_SECONDS):
        node.now = float(second)
        needs[second] = node.reconciler.check(Cause.TIMER)

    assert needs == {
        3: Need.NOTHING,
        6: Need.NOTHING,
        9: Need.NOTHING,
        RESYNC_SECONDS: Need.READ,
    }


@pytest.mark.parametrize(
    ("cause", "need"),
    [(Cause.TIMER, Need.NOTHING), (Cause.DESIRED, Need.PLAN), (Cause.HOST, Need.READ)],
)
def test_the_host_is_read_after_an_event_and_not_for_the_controller(
    node: Node, cause: Cause, need: Need
) -> None:
    node.receive(network()).reconcile()

    assert node.reconciler.check(cause) is need


def test_a_host_whose_drift_cannot_be_checked_is_read(tmp_path: Path) -> None:
    class UncheckableKernel(FakeKernel):
        def has_drifted(self) -> bool:
            raise KernelRefused("table nat: Permission denied")

    node = Node(tmp_path, UncheckableKernel())
    node.receive(network()).reconcile()
    node.now += 3

    assert node.reconciler.check(Cause.TIMER) is Need.READ


def test_a_pass_that_a_bug_ends_is_logged_once_and_done_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class BuggyKernel(FakeKernel):
        def read(self) -> ActualState:
            self.reads += 1
            raise ValueError("no such thing")

    kernel = BuggyKernel()
    with running(tmp_path, kernel) as node:
        for _ in range(3):
            reads = kernel.reads
            node.wakeup.host_changed()
            wait_for(lambda: kernel.reads > reads, "the next read", 5)  # noqa: B023 - used at once

    line = "a reconcile pass was ended by a bug in cloudnet (ValueError: no such thing); retrying"
    assert caplog.messages == [line]
    wait_for(lambda: node.status.faults == (Fault(None, line),), "the fault", 5)


def test_the_next_pass_is_due_with_the_drift_check(node: Node) -> None:
    node.receive(network()).reconcile()

    assert node.reconciler.pause_seconds == 3.0


def test_a_bridge_goes_to_another_network_only_after_a_read(node: Node) -> None:
    first = network(revision=1, vifs=(vif(),))
    node.receive(first)
    node.reconcile()
    node.kernel.guests = {"br100": ("tap1",)}  # plugged without an event
    reads = node.kernel.reads

    node.receive(gone(revision=9), replace(first, network=OTHER, label="new", vifs=()))
    node.reconcile(read=False)

    assert node.kernel.reads > reads
    assert "br100 still has tap1" in node.status.faults[0].message


def test_of_two_flat_networks_with_one_range_neither_loses_its_nat_mappings(node: Node) -> None:
    shared = {
        "topology": Topology.FLAT,
        "vlan": None,
        "bridge": "opbr0",
        "host_address": IPv4Address("10.0.0.1"),
    }
    node.kernel.nics["opbr0"] = Nic("opbr0", "02:00:00:00:00:01", 1500, "bridge")

    node.receive(
        network(OTHER, **shared),
        network(PRIVATE, vifs=(vif(),), floating_ips=(floating(),), **shared),
    )
    node.reconcile()

    assert "NAT mapping 192.168.99.225 to 10.0.0.3" in node.kernel.read().resources
