from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address

from hypothesis import given

from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.agent.node.plan import Step, Verb, expected, plan
from cloudnet.agent.node.render import Renderer
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


def desired(*networks: NetworkSnapshot) -> dict[str, Resource]:
    renderer = Renderer(agent_settings(), FirewallRenderer(agent_settings().nat))
    return dict(renderer.render(networks, RANGES, ActualState({}, NICS)).resources)


def texts(steps: Iterable[Step]) -> list[str]:
    return [str(step) for step in steps]


def test_resources_are_created_after_those_that_they_depend_on() -> None:
    steps = plan(desired(network(vifs=(vif(),), floating_ips=(floating(),))), {})

    assert [str(step).split(" (")[0] for step in steps] == [
        "create IPv4 forwarding",
        "create table filter",
        "create table mangle",
        "create table nat",
        "create bridge br100",
        "create sysctls of br100",
        "create vlan vlan100",
        "create sysctls of vlan100",
        "create address 10.0.0.1/22 on br100",
        "create dnsmasq br100",
        "create floating IP 192.168.99.225 on eth1",
    ]


def test_resources_are_removed_in_reverse_order() -> None:
    actual = desired(network(vifs=(vif(),), floating_ips=(floating(),)))

    assert [str(step).split(" (")[0] for step in plan({}, actual)] == [
        "remove lease 10.0.0.3 of fa:16:3e:00:00:03 on br100",
        "remove floating IP 192.168.99.225 on eth1",
        "remove NAT mapping 192.168.99.225 to 10.0.0.3",
        "remove dnsmasq br100",
        "remove address 10.0.0.1/22 on br100",
        "remove vlan vlan100",
        "remove bridge br100",
        "remove table nat",
        "remove table mangle",
        "remove table filter",
    ]


def test_nothing_is_removed_before_all_networks_are_known() -> None:
    assert plan({}, desired(network()), synced=False) == []


def test_tables_are_created_but_not_changed_before_all_networks_are_known() -> None:
    actual = desired(network())

    steps = plan(desired(network(OTHER)), actual, synced=False)

    blocked = {step.resource.key for step in steps if step.blocked_by}
    assert blocked == {"table filter", "table nat", "table mangle"}
    assert texts(plan(desired(network()), {}, synced=False))[1].startswith("create table filter")


def test_a_faulty_resource_is_repaired_and_the_step_names_its_faults() -> None:
    want = desired(bridged_only())
    bridge = want["bridge br100"]
    assert isinstance(bridge, Bridge)
    down = replace(bridge, faults=("down", "spanning tree"))

    [step] = plan(want, want | by_key(down))

    assert step.actual == down
    assert str(step) == "repair bridge br100 (down, spanning tree)"


def test_a_bridge_with_a_guest_in_it_stays_and_so_does_its_vlan() -> None:
    actual = desired(bridged_only())
    bridge = actual["bridge br100"]
    assert isinstance(bridge, Bridge)
    actual["bridge br100"] = replace(bridge, guests=("tap1",))

    blocked = {step.resource.key: step.blocked_by for step in plan({}, actual)}

    assert blocked["bridge br100"] == "tap1 is still in br100"
    assert blocked["vlan vlan100"] == "tap1 is still in br100"


def test_nothing_of_a_preserved_bridge_is_removed() -> None:
    steps = plan({}, desired(network()), preserved=frozenset({"br100"}))

    assert {step.resource.key for step in steps} == {"table filter", "table nat", "table mangle"}


def test_leases_are_removed_and_never_created() -> None:
    lease = Lease("br100", IPv4Address("10.0.0.9"), "fa:16:3e:00:00:09")
    want = desired(network(vifs=(vif(),)))
    actual = {key: resource for key, resource in want.items() if not isinstance(resource, Lease)}

    assert texts(plan(want, actual | by_key(lease))) == [f"remove {lease}"]


@given(networks)
def test_a_host_in_sync_needs_no_step(snapshots: list[NetworkSnapshot]) -> None:
    want = desired(*snapshots)

    assert plan(want, want) == []


@given(networks, networks)
def test_any_state_is_reached_from_any_other_in_one_pass(
    before: list[NetworkSnapshot], after: list[NetworkSnapshot]
) -> None:
    kernel = FakeKernel()
    for snapshots in (before, after):
        for step in plan(desired(*snapshots), kernel.read().resources):
            if step.verb is Verb.ENSURE:
                kernel.ensure(step.resource, step.actual)
            else:
                kernel.remove(step.resource)

    assert plan(desired(*after), kernel.read().resources) == []


@given(networks)
def test_nothing_is_created_before_what_it_depends_on(snapshots: list[NetworkSnapshot]) -> None:
    want = desired(*snapshots)
    created: set[str] = set()

    for step in plan(want, {}):
        assert created.issuperset(step.resource.depends_on)
        created.update((step.resource.key, *step.resource.provides))


@given(networks, networks)
def test_the_expected_state_is_what_a_host_has_after_the_steps(
    before: list[NetworkSnapshot], after: list[NetworkSnapshot]
) -> None:
    kernel = FakeKernel()
    for snapshots in (before, after):
        want, actual = desired(*snapshots), kernel.read().resources
        steps = plan(want, actual)
        for step in steps:
            if step.verb is Verb.ENSURE:
                kernel.ensure(step.resource, step.actual)
            else:
                kernel.remove(step.resource)

    assert expected(actual, want, steps) == kernel.read().resources
