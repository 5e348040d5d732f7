"""The loop against a node that prints itself, with faults to inject and a clock in hand."""

import logging
import threading
import time
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.reconcile import Reconciler
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.wire.objects import Applied, NetworkSnapshot, ReportReply, Snapshot
from tests.fixtures.agent.fake_kernel import ETH1, FakeKernel
from tests.fixtures.agent.snapshots import (
    OTHER,
    PRIVATE,
    RANGES,
    agent_settings,
    bridged_only,
    floating,
    gone,
    network,
    vif,
)
from tests.fixtures.agent.strategies import networks
from tests.fixtures.waiting import wait_for


class Node:
    """An agent's loop on a fake kernel, told things by hand."""

    def __init__(self, path: Path, kernel: FakeKernel | None = None) -> None:
        self.kernel = kernel or FakeKernel()
        self.store = DesiredStore("node1", SnapshotCache(path / "snapshots"))
        self.now = 0.0
        self.loop = Reconciler(
            self.store, self.kernel, agent_settings(path), clock=lambda: self.now
        )

    def desired(self, *snapshots: Snapshot) -> "Node":
        self.store.put_reply(ReportReply(RANGES, snapshots))
        return self

    def steps(self, *, look: bool = True) -> list[str]:
        """Turn once and return the steps that were tried."""
        self.kernel.steps.clear()
        self.standing = self.loop.reconcile(look=look)
        return list(self.kernel.steps)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_the_first_guest_on_a_host_builds_the_network(node: Node) -> None:
    node.desired(network(vifs=(vif(),))).steps()

    assert str(node.kernel) == dedent("""\
        IPv4 forwarding
        address 10.0.0.1/22 on br100
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)
        dnsmasq br100 (guests: 1)
        table filter (rules: 16)
        table mangle (rules: 2)
        table nat (rules: 7)
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)""")
    assert node.standing.applied == (Applied(PRIVATE, 1),)


def test_a_second_round_does_nothing(node: Node) -> None:
    node.desired(network(vifs=(vif(),), floating_ips=(floating(),))).steps()

    assert node.steps() == []


def test_another_guest_costs_one_step(node: Node) -> None:
    node.desired(network(vifs=(vif(),))).steps()

    node.desired(network(revision=2, vifs=(vif(), vif(4, "10.0.0.4"))))

    assert node.steps() == ["change dnsmasq br100 (guests: 2)"]


def test_the_last_guest_takes_the_network_with_it(node: Node) -> None:
    node.desired(network(vifs=(vif(),))).steps()
    node.kernel.hand_out(Lease("br100", vif().address, vif().mac))

    node.desired(gone()).steps()

    assert str(node.kernel) == "IPv4 forwarding"
    assert node.standing.gone == (gone(),)


def test_a_network_is_not_gone_while_a_guest_is_in_its_bridge(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    node.desired(bridged_only()).steps()
    node.kernel.guests["br100"] = ("tap1",)

    node.desired(gone())
    node.steps()
    node.steps()

    assert "bridge br100" in str(node.kernel)
    assert node.standing.gone == ()
    assert [r.message for r in caplog.records].count(
        "bridge br100: not removed yet: tap1 is still in br100"
    ) == 1

    node.kernel.guests.clear()
    node.steps()

    assert node.standing.gone == (gone(),)


def test_nothing_is_touched_before_the_first_whole_picture(tmp_path: Path) -> None:
    kernel = FakeKernel()
    Node(tmp_path / "before", kernel).desired(network()).steps()

    fresh = Node(tmp_path / "after", kernel)

    assert fresh.steps() == []
    assert "bridge br100" in str(kernel)


def test_a_node_comes_back_from_disk_when_nobody_answers(tmp_path: Path) -> None:
    Node(tmp_path).desired(network(vifs=(vif(),)), network(OTHER)).steps()
    rebooted = Node(tmp_path)

    rebooted.steps()

    assert "dnsmasq br100 (guests: 1)" in str(rebooted.kernel)
    assert "bridge br101" in str(rebooted.kernel)


def test_what_fails_holds_what_leans_on_it_and_nothing_else(node: Node) -> None:
    node.kernel.refuse["bridge br100"] = "Operation not supported"

    steps = node.desired(network(), network(OTHER)).steps()

    assert [step for step in steps if "br100" in step] == [
        "create bridge br100 (mac 02:00:00:00:01:00, mtu 1500)"
    ]
    assert "dnsmasq br101 (guests: 0)" in str(node.kernel)
    assert node.standing.applied == (Applied(OTHER, 1),)
    assert [(p.network, p.message) for p in node.standing.faults] == [
        (
            PRIVATE,
            "bridge br100: cannot be created: Operation not supported",
        )
    ]


def test_without_isolation_no_bridge_gets_an_address(node: Node) -> None:
    node.kernel.refuse["table filter"] = "Permission denied"

    node.desired(network()).steps()

    assert "address" not in str(node.kernel)


def test_a_failure_is_said_once_tried_again_after_growing_pauses_and_its_end_is_said(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    node.kernel.refuse["dnsmasq br100"] = "address already in use"
    tries = []
    node.desired(network())
    for second in range(16):
        node.now = float(second)
        tries += [second for step in node.steps() if step.startswith("create dnsmasq")]
    node.kernel.refuse.clear()
    node.now = 100.0
    node.steps()

    assert tries == [0, 1, 3, 7, 15]
    assert [r.getMessage() for r in caplog.records if "dnsmasq" in r.getMessage()] == [
        "dnsmasq br100: cannot be created: address already in use; retrying",
        "dnsmasq br100: created (guests: 0)",
        "dnsmasq br100: resolved",
    ]


def test_damage_is_repaired_and_the_rest_left_alone(node: Node) -> None:
    node.desired(network(vifs=(vif(),)), network(OTHER)).steps()
    del node.kernel.resources["vlan vlan100"]

    assert node.steps() == ["create vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)"]


def test_a_nic_that_goes_away_takes_nothing_with_it(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    node.desired(network(vifs=(vif(),))).steps()
    node.kernel.nics = {"eth1": ETH1}

    assert node.steps() == []
    assert node.standing.applied == ()
    assert [r.getMessage() for r in caplog.records] == [
        "private_0: NIC eth0 is not on this host; there are: eth1"
    ]


def test_a_floating_ip_that_moves_to_another_guest_forgets_its_connections(node: Node) -> None:
    guests = (vif(), vif(4, "10.0.0.4"))
    node.desired(network(vifs=guests, floating_ips=(floating(),))).steps()

    node.desired(network(revision=2, vifs=guests, floating_ips=(floating(fixed="10.0.0.4"),)))

    assert node.steps() == [
        "change table nat (rules: 12)",
        "remove NAT mapping 192.168.99.225 to 10.0.0.3",
    ]


def test_the_lease_of_a_guest_that_went_is_released(node: Node) -> None:
    node.desired(network(vifs=(vif(),))).steps()
    lease = Lease("br100", vif().address, vif().mac)
    node.kernel.hand_out(lease)

    node.desired(network(revision=2))

    assert node.steps() == ["change dnsmasq br100 (guests: 0)", f"remove {lease}"]


def test_without_forced_release_a_lease_runs_out_by_itself(tmp_path: Path) -> None:
    stray = Lease("br100", IPv4Address("10.0.0.9"), "fa:16:3e:00:00:09")
    node = Node(tmp_path)
    base = agent_settings(tmp_path)
    patient = replace(base, dhcp=replace(base.dhcp, force_release=False))
    node.loop = Reconciler(node.store, node.kernel, patient, clock=lambda: 0.0)
    node.desired(network()).steps()
    node.kernel.resources |= by_key(stray)

    assert node.steps() == []


def test_a_node_that_cannot_be_read_is_left_as_it_is_and_says_so_once(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    node.desired(network(vifs=(vif(),))).steps()
    node.desired(network(OTHER))
    before = str(node.kernel)
    caplog.clear()

    node.kernel.unreadable = "iptables table nat: Permission denied"
    assert node.steps() == []
    assert node.steps() == []

    line = "cannot read what this node has: iptables table nat: Permission denied"
    assert node.standing.unsettled == {PRIVATE, OTHER}
    assert node.standing.leases is None
    assert [fault.message for fault in node.standing.faults] == [line]
    assert [record.getMessage() for record in caplog.records] == [line]

    node.kernel.unreadable = None
    assert node.steps() != []
    assert before != str(node.kernel)


# -- without looking -------------------------------------------------------------------------------


def test_what_the_controller_asks_for_is_made_without_looking(node: Node) -> None:
    node.desired(network(vifs=(vif(),))).steps()
    node.desired(network(revision=2, vifs=(vif(), vif(4, "10.0.0.4"))))

    assert node.steps(look=False) == ["change dnsmasq br100 (guests: 2)"]
    assert node.kernel.looks == 1
    assert node.standing.applied == (Applied(PRIVATE, 2),)
    assert node.steps() == []


def test_nothing_is_taken_away_without_looking(node: Node) -> None:
    node.desired(bridged_only()).steps()
    node.kernel.guests["br100"] = ("tap1",)  # came after the last look
    node.desired(gone())

    node.steps(look=False)

    assert node.kernel.looks == 2
    assert "bridge br100" in node.kernel.resources
    assert "vlan vlan100" in node.kernel.resources


def test_connections_of_a_floating_ip_that_moves_at_once_are_forgotten_at_once(node: Node) -> None:
    guests = (vif(), vif(4, "10.0.0.4"))
    node.desired(network(vifs=guests)).steps()
    node.desired(network(revision=2, vifs=guests, floating_ips=(floating(),)))
    node.steps(look=False)
    node.desired(network(revision=3, vifs=guests, floating_ips=(floating(fixed="10.0.0.4"),)))

    assert "remove NAT mapping 192.168.99.225 to 10.0.0.3" in node.steps(look=False)


def test_after_a_step_that_failed_it_is_looked_again(node: Node) -> None:
    node.desired(bridged_only()).steps()
    node.kernel.refuse["bridge br101"] = "no"
    node.desired(bridged_only(OTHER))
    node.steps(look=False)
    node.kernel.refuse.clear()
    node.now += 10

    node.steps(look=False)

    assert node.kernel.looks == 2
    assert "bridge br101" in node.kernel.resources


@given(st.lists(st.tuples(networks, st.booleans()), max_size=5))
@settings(deadline=None)
def test_made_with_or_without_looking_it_comes_to_the_same(
    story: list[tuple[list[NetworkSnapshot], bool]],
) -> None:
    with TemporaryDirectory() as path:
        node = Node(Path(path))
        known: set[str] = set()
        for revision, (snapshots, look) in enumerate(story, 1):
            here = {one.network: replace(one, revision=revision) for one in snapshots}
            left = [gone(uuid, revision=revision) for uuid in known - here.keys()]
            node.desired(*here.values(), *left).steps(look=look)
            known |= here.keys()

        assert node.steps() == []


def test_what_was_damaged_unseen_is_found_a_moment_after_something_was_made(
    tmp_path: Path,
) -> None:
    node = Node(tmp_path)
    turning = Reconciler(node.store, node.kernel, agent_settings(tmp_path), clock=time.monotonic)
    stop = threading.Event()
    thread = threading.Thread(target=turning.run, args=(stop,), daemon=True)
    thread.start()
    node.desired(network(vifs=(vif(),)))
    wait_for(lambda: "dnsmasq br100" in node.kernel.resources, "the first guest", 5)

    del node.kernel.resources["vlan vlan100"]
    node.desired(network(revision=2, vifs=(vif(), vif(4, "10.0.0.4"))))

    wait_for(lambda: "vlan vlan100" in node.kernel.resources, "the damage to be mended", 5)
    stop.set()
    node.store.wake()
    thread.join(5)
    assert not thread.is_alive()


def test_a_fault_of_our_own_in_one_thing_keeps_nothing_else_from_being_made(
    node: Node, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = node.kernel.ensure

    def ensure(desired: Resource, actual: Resource | None) -> None:
        if desired.key == "bridge br100":
            raise ValueError("no such thing")
        make(desired, actual)

    monkeypatch.setattr(node.kernel, "ensure", ensure)
    node.desired(bridged_only(), bridged_only(OTHER))

    node.steps()
    node.steps()

    assert "vlan vlan101" in node.kernel.resources
    [fault] = node.standing.faults
    assert fault.message.endswith(": a bug in cloudnet, ValueError: no such thing")
    assert caplog.text.count("Traceback") == 1


def test_what_is_held_does_not_fail_and_keeps_nobody_awake(node: Node) -> None:
    node.kernel.refuse["dnsmasq br100"] = "port in use"
    node.desired(network(vifs=(vif(),))).steps()
    node.kernel.refuse["bridge br100"] = "no"
    node.kernel.resources.clear()
    node.now += 10

    node.steps()
    node.now += 0.5

    assert node.loop.pause_seconds > 0.4
    assert [fault.message for fault in node.standing.faults] == [
        "bridge br100: cannot be created: no"
    ]


def test_what_cannot_be_read_is_tried_again_soon_and_not_all_the_time(node: Node) -> None:
    node.kernel.refuse["dnsmasq br100"] = "port in use"
    node.desired(network(vifs=(vif(),))).steps()
    node.kernel.unreadable = "no"
    node.now += 10

    node.steps()

    assert node.loop.pause_seconds == 1.0
    assert node.standing.unsettled == {PRIVATE}
