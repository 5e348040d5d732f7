from dataclasses import replace
from ipaddress import IPv4Address

from hypothesis import given

from cloudnet.agent.node.plan import Verb, plan
from cloudnet.agent.node.render import render
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.wire.objects import NetworkSnapshot
from tests.fixtures.agent.fake_kernel import ETH0, ETH1, FakeKernel
from tests.fixtures.agent.snapshots import (
    OTHER,
    RANGES,
    agent_settings,
    bridged_only,
    floating,
    network,
    vif,
)
from tests.fixtures.agent.strategies import networks

NICS = {"eth0": ETH0, "eth1": ETH1}


def wanted(*networks: NetworkSnapshot) -> dict[str, Resource]:
    return dict(render(networks, RANGES, agent_settings(), ActualState({}, NICS)).resources)


def story(steps: object) -> list[str]:
    return [str(step) for step in steps]  # type: ignore[attr-defined]  # any iterable of steps


def test_the_first_guest_builds_the_network_from_the_ground_up() -> None:
    steps = plan(wanted(network(vifs=(vif(),), floating_ips=(floating(),))), {})

    assert [str(step).split(" (")[0] for step in steps] == [
        "create IPv4 forwarding",
        "create table filter",
        "create table mangle",
        "create bridge br100",
        "create vlan vlan100",
        "create address 10.0.0.1/22 on br100",
        "create dnsmasq br100",
        "create table nat",
        "create floating IP 192.168.99.225 on eth1",
    ]


def test_what_is_no_longer_wanted_goes_in_reverse() -> None:
    actual = wanted(network(vifs=(vif(),), floating_ips=(floating(),)))

    assert [str(step).split(" (")[0] for step in plan({}, actual)] == [
        "remove lease 10.0.0.3 of fa:16:3e:00:00:03 on br100",
        "remove floating IP 192.168.99.225 on eth1",
        "remove NAT mapping 192.168.99.225 to 10.0.0.3",
        "remove table nat",
        "remove dnsmasq br100",
        "remove address 10.0.0.1/22 on br100",
        "remove vlan vlan100",
        "remove bridge br100",
        "remove table mangle",
        "remove table filter",
    ]


def test_nothing_is_taken_away_before_the_picture_is_whole() -> None:
    assert plan({}, wanted(network()), synced=False) == []


def test_rules_are_not_rewritten_before_the_picture_is_whole() -> None:
    actual = wanted(network())

    steps = plan(wanted(network(OTHER)), actual, synced=False)

    blocked = {step.resource.key for step in steps if step.blocked_by}
    assert blocked == {"table filter", "table nat", "table mangle"}
    assert story(plan(wanted(network()), {}, synced=False))[1].startswith("create table filter")


def test_a_faulty_resource_is_repaired_and_the_step_names_its_faults() -> None:
    want = wanted(bridged_only())
    bridge = want["bridge br100"]
    assert isinstance(bridge, Bridge)
    down = replace(bridge, faults=("down", "spanning tree"))

    [step] = plan(want, want | by_key(down))

    assert step.actual == down
    assert str(step) == "repair bridge br100 (down, spanning tree)"


def test_a_bridge_with_a_guest_in_it_stays_and_so_does_its_vlan() -> None:
    actual = wanted(bridged_only())
    bridge = actual["bridge br100"]
    assert isinstance(bridge, Bridge)
    actual["bridge br100"] = replace(bridge, guests=("tap1",))

    blocked = {step.resource.key: step.blocked_by for step in plan({}, actual)}

    assert blocked["bridge br100"] == "tap1 is still in br100"
    assert blocked["vlan vlan100"] == "tap1 is still in br100"


def test_what_belongs_to_a_network_that_cannot_be_had_now_is_left_alone() -> None:
    steps = plan({}, wanted(network()), preserved=frozenset({"br100"}))

    assert {step.resource.key for step in steps} == {"table filter", "table nat", "table mangle"}


def test_a_lease_of_a_guest_that_went_is_released_and_none_is_ever_made() -> None:
    lease = Lease("br100", IPv4Address("10.0.0.9"), "fa:16:3e:00:00:09")
    want = wanted(network(vifs=(vif(),)))
    actual = {key: resource for key, resource in want.items() if not isinstance(resource, Lease)}

    assert story(plan(want, actual | by_key(lease))) == [f"remove {lease}"]


@given(networks)
def test_what_stands_needs_no_step(snapshots: list[NetworkSnapshot]) -> None:
    want = wanted(*snapshots)

    assert plan(want, want) == []


@given(networks, networks)
def test_any_state_reaches_any_other_in_one_round(
    before: list[NetworkSnapshot], after: list[NetworkSnapshot]
) -> None:
    kernel = FakeKernel()
    for snapshots in (before, after):
        for step in plan(wanted(*snapshots), kernel.read().resources):
            if step.verb is Verb.ENSURE:
                kernel.ensure(step.resource, step.actual)
            else:
                kernel.remove(step.resource)

    assert plan(wanted(*after), kernel.read().resources) == []


@given(networks)
def test_nothing_is_made_before_what_it_leans_on(snapshots: list[NetworkSnapshot]) -> None:
    want = wanted(*snapshots)
    made: set[str] = set()

    for step in plan(want, {}):
        assert made.issuperset(step.resource.depends_on)
        made.add(step.resource.key)
