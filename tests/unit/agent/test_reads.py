"""When a pass reads the host, and when it plans from memory, on a fake kernel."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudnet.agent.node.resources.actual import ActualState, Nic
from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.reconcile import Need
from cloudnet.agent.wakeup import Cause
from cloudnet.common.errors import KernelRefused
from cloudnet.common.wire.objects import Applied, Fault, NetworkSnapshot, Topology
from tests.fixtures.agent.fake_kernel import FakeKernel
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
from tests.unit.agent.conftest import running

RESYNC_SECONDS = 10  # of the fixtures' settings


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
