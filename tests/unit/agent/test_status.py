"""What is reported after a pass, as a table: the desired networks, the host, the open steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

import pytest

from cloudnet.agent.desired import DesiredState
from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.agent.node.plan import Step, Verb
from cloudnet.agent.node.render import Renderer
from cloudnet.agent.node.resources.actual import ActualState, Nic
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.status import HostStatus, Outcome, build_status, build_unreadable_status
from cloudnet.common.wire.objects import Applied, Fault, ReportedLease, Snapshot
from tests.fixtures.agent.fake_kernel import ETH0, ETH1
from tests.fixtures.agent.snapshots import (
    OTHER,
    PRIVATE,
    RANGES,
    agent_settings,
    bridged_only,
    gone,
)

BRIDGE = Bridge("br100", PRIVATE, ETH0.mac, 1500)
STRAY = Bridge("br101", OTHER, ETH0.mac, 1500)
LEASE = Lease("br100", IPv4Address("10.0.0.3"), "fa:16:3e:00:00:03")


@dataclass(frozen=True)
class Case:
    """One row: what was, and what is to be reported."""

    name: str
    desired: tuple[Snapshot, ...] = ()
    synced: bool = True
    actual: tuple[Resource, ...] = ()
    nics: tuple[Nic, ...] = (ETH0, ETH1)
    not_ensured: tuple[str, ...] = ()  # keys
    not_removed: tuple[Resource, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)
    reported: dict[str, int] = field(default_factory=dict)  # network → revision; 0: out of sync
    faults: tuple[Fault, ...] = ()


CASES = [
    Case("nothing desired and nothing there"),
    Case("all steps done", desired=(bridged_only(revision=7),), reported={PRIVATE: 7}),
    Case(
        "a step of one of two networks open",
        desired=(bridged_only(), bridged_only(OTHER)),
        not_ensured=("vlan vlan100",),
        failures={"vlan vlan100": "vlan vlan100: cannot be created: no"},
        reported={PRIVATE: 0, OTHER: 1},
        faults=(Fault(PRIVATE, "vlan vlan100: cannot be created: no"),),
    ),
    Case(
        "a table that all networks share not written",
        desired=(bridged_only(), bridged_only(OTHER)),
        not_ensured=("table filter",),
        failures={"table filter": "table filter: cannot be changed: no"},
        reported={PRIVATE: 0, OTHER: 0},
        faults=(Fault(None, "table filter: cannot be changed: no"),),
    ),
    Case(
        "a step blocked by one that failed",
        desired=(bridged_only(),),
        not_ensured=("bridge br100", "vlan vlan100"),
        failures={"bridge br100": "bridge br100: cannot be created: no"},
        reported={PRIVATE: 0},
        faults=(Fault(PRIVATE, "bridge br100: cannot be created: no"),),
    ),
    Case(
        "a NIC missing",
        desired=(bridged_only(),),
        nics=(ETH1,),
        reported={PRIVATE: 0},
        faults=(
            Fault(PRIVATE, "network private_0: NIC eth0 is not on this host; there are: eth1"),
        ),
    ),
    Case("a removed network of which nothing is left", desired=(gone(),), reported={PRIVATE: 2}),
    Case(
        "a removed network of which a bridge is left",
        desired=(gone(),),
        actual=(BRIDGE,),
        not_removed=(BRIDGE,),
        reported={PRIVATE: 0},
    ),
    Case(
        "a removed network before all networks are known",
        desired=(gone(),),
        synced=False,
        actual=(BRIDGE,),
        reported={PRIVATE: 0},
    ),
    Case(
        "a bridge of an unknown network that cannot be removed",
        actual=(STRAY,),
        not_removed=(STRAY,),
        reported={OTHER: 0},
    ),
    Case(
        "a bridge of an unknown network before all networks are known",
        synced=False,
        actual=(STRAY,),
        reported={OTHER: 0},
    ),
]


def outcome(case: Case) -> Outcome:
    settings = agent_settings()
    desired = DesiredState(case.desired, RANGES, case.synced)
    actual = ActualState(by_key(*case.actual), {nic.name: nic for nic in case.nics})
    renderer = Renderer(settings, FirewallRenderer(settings.nat))
    rendered = renderer.render(desired.networks, desired.ranges, actual)
    open_steps = [
        *(Step(Verb.ENSURE, rendered.resources[key]) for key in case.not_ensured),
        *(Step(Verb.REMOVE, resource, resource) for resource in case.not_removed),
    ]
    return Outcome(desired, rendered, actual.resources, open_steps, case.failures)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_report_after_a_pass(case: Case) -> None:
    status = build_status(outcome(case))

    assert {each.network: each.revision for each in status.reported_applied} == case.reported
    assert status.faults == case.faults


def test_a_resource_that_two_networks_need_is_a_fault_of_the_whole_host() -> None:
    both = outcome(Case("", desired=(bridged_only(), bridged_only(OTHER))))
    shared = Step(Verb.ENSURE, BRIDGE)
    rendered = replace(both.rendered, networks={uuid: by_key(BRIDGE) for uuid in (PRIVATE, OTHER)})

    status = build_status(
        replace(both, rendered=rendered, open_steps=[shared], failures={BRIDGE.key: "no"})
    )

    assert status.faults == (Fault(None, "no"),)


def test_leases_are_reported_with_their_networks() -> None:
    other_bridge = replace(LEASE, bridge="br7")  # of a bridge that is not cloudnet's

    status = build_status(outcome(Case("", actual=(BRIDGE, LEASE, other_bridge))))

    assert status.reported_leases == (ReportedLease(PRIVATE, LEASE.address, LEASE.mac),)


def test_on_a_host_that_cannot_be_read_every_network_may_be_out_of_sync() -> None:
    before = HostStatus(applied=(Applied(OTHER, 3),), leases=(LEASE,))

    status = build_unreadable_status(DesiredState((bridged_only(),)), before, "no")

    assert {each.network: each.revision for each in status.reported_applied} == {
        PRIVATE: 0,
        OTHER: 0,
    }
    assert status.reported_leases is None
    assert status.faults == (Fault(None, "no"),)
