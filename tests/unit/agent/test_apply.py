"""The steps of a plan are done as far as nothing that they depend on is missing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from cloudnet.agent.apply import apply
from cloudnet.agent.node.plan import Step, Verb
from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.agent.retries import NEEDS_OPERATOR_SECONDS, Retries
from cloudnet.common.errors import FormerKept, NeedsOperator
from cloudnet.common.log_once import ConditionLog
from tests.fixtures.agent.fake_kernel import FakeKernel
from tests.fixtures.agent.snapshots import OTHER, PRIVATE

BR100 = Bridge("br100", PRIVATE, "02:00:00:00:01:00", 1500)
BR101 = Bridge("br101", OTHER, "02:00:00:00:01:00", 1500)
VLAN100 = Vlan("vlan100", PRIVATE, "eth0", 100, 1500, "br100")
VLAN101 = Vlan("vlan101", OTHER, "eth0", 101, 1500, "br101")


def ensure(*resources: Resource) -> list[Step]:
    return [Step(Verb.ENSURE, resource) for resource in resources]


def remove(*resources: Resource) -> list[Step]:
    return [Step(Verb.REMOVE, resource, resource) for resource in resources]


@pytest.fixture
def kernel() -> FakeKernel:
    return FakeKernel()


@pytest.fixture
def retries() -> Retries:
    return Retries(lambda: 0.0, ConditionLog(logging.getLogger(__name__)))


def test_all_steps_that_can_be_done_are_done_in_their_order(
    kernel: FakeKernel, retries: Retries
) -> None:
    assert apply(ensure(BR100, BR101, VLAN100, VLAN101), kernel, retries) == []
    assert list(kernel.resources.values()) == [BR100, BR101, VLAN100, VLAN101]


def test_a_failed_step_stays_in_the_plan_and_blocks_what_depends_on_it_alone(
    kernel: FakeKernel, retries: Retries
) -> None:
    kernel.refuse["bridge br100"] = "out of memory"

    left = apply(ensure(BR100, BR101, VLAN100, VLAN101), kernel, retries)

    assert [(step.resource.key, step.blocked_by) for step in left] == [
        ("bridge br100", None),
        ("vlan vlan100", "it depends on bridge br100"),
    ]
    assert set(kernel.resources) == {"bridge br101", "vlan vlan101"}
    assert retries.messages == {"bridge br100": "bridge br100: cannot be created: out of memory"}


def test_a_step_that_is_blocked_already_is_not_tried_and_blocks_others(
    kernel: FakeKernel, retries: Retries
) -> None:
    blocked = Step(Verb.ENSURE, BR100, blocked_by="not all networks are known yet")

    left = apply([blocked, *ensure(VLAN100)], kernel, retries)

    assert [step.blocked_by for step in left] == [
        "not all networks are known yet",
        "it depends on bridge br100",
    ]
    assert kernel.resources == {}
    assert retries.messages == {}


def test_a_step_is_not_tried_again_before_its_pause_is_over(kernel: FakeKernel) -> None:
    times = iter((0.0, 0.0, 0.5, 1.0))
    retries = Retries(lambda: next(times), ConditionLog(logging.getLogger(__name__)))
    kernel.refuse["bridge br100"] = "no"
    apply(ensure(BR100), kernel, retries)
    del kernel.refuse["bridge br100"]

    assert len(apply(ensure(BR100), kernel, retries)) == 1
    assert kernel.resources == {}
    assert apply(ensure(BR100), kernel, retries) == []
    assert retries.messages == {}


def test_another_desired_state_than_what_failed_has_no_pause(
    kernel: FakeKernel, retries: Retries
) -> None:
    kernel.refuse["bridge br100"] = "no"
    apply(ensure(BR100), kernel, retries)
    del kernel.refuse["bridge br100"]

    assert apply(ensure(replace(BR100, mtu=1400)), kernel, retries) == []
    assert kernel.resources == {"bridge br100": replace(BR100, mtu=1400)}


def test_a_failed_removal_blocks_no_other_step(kernel: FakeKernel, retries: Retries) -> None:
    apply(ensure(BR100, BR101), kernel, retries)
    kernel.refuse["bridge br101"] = "busy"

    left = apply(remove(BR101, BR100), kernel, retries)

    assert [step.resource for step in left] == [BR101]
    assert list(kernel.resources) == ["bridge br101"]
    assert retries.messages == {"bridge br101": "bridge br101: cannot be removed: busy"}


class Failing(FakeKernel):
    """A host on which each change ends with the same error."""

    def __init__(self, error: Callable[[Resource], Exception]) -> None:
        super().__init__()
        self._error = error

    def ensure(self, desired: Resource, actual: Resource | None) -> None:
        del actual
        raise self._error(desired)

    def remove(self, resource: Resource) -> None:
        raise self._error(resource)


@pytest.mark.parametrize(
    "error",
    [
        lambda resource: NeedsOperator(f"{resource}: no such module"),
        lambda resource: NeedsOperator(f"{resource.key}: no such module"),
        lambda _: NeedsOperator("no such module"),
    ],
)
def test_a_resource_is_named_once_in_the_line_of_its_failure(
    error: Callable[[Resource], Exception], retries: Retries
) -> None:
    apply(ensure(BR100), Failing(error), retries)

    assert retries.messages == {"bridge br100": "bridge br100: cannot be created: no such module"}


def test_what_an_operator_must_change_is_due_much_later(retries: Retries) -> None:
    apply(ensure(BR100), Failing(lambda _: NeedsOperator("no such module")), retries)

    assert retries.next_at == NEEDS_OPERATOR_SECONDS


def test_where_the_former_serves_the_host_is_read_at_once(retries: Retries) -> None:
    left = apply(ensure(BR100), Failing(lambda _: FormerKept("not up")), retries)

    assert [step.resource for step in left] == [BR100]
    assert retries.next_at == 0.0


@pytest.mark.parametrize(("steps", "verb"), [(ensure, "created"), (remove, "removed")])
def test_another_error_is_a_bug_and_says_so(
    steps: Callable[[Resource], list[Step]], verb: str, retries: Retries
) -> None:
    left = apply(steps(BR100), Failing(lambda _: ZeroDivisionError("division by zero")), retries)

    assert len(left) == 1
    assert retries.messages == {
        "bridge br100": f"bridge br100: cannot be {verb}: a bug in cloudnet, ZeroDivisionError: "
        "division by zero"
    }


def test_nothing_is_done_without_a_step(kernel: FakeKernel, retries: Retries) -> None:
    assert apply([], kernel, retries) == []
    assert kernel.steps == []


def test_a_step_that_the_host_refuses_does_not_stop_the_next_kind(
    kernel: FakeKernel, retries: Retries
) -> None:
    address = PublicAddress("eth1", IPv4Address("192.0.2.9"))

    left = apply(ensure(address, Forwarding()), kernel, retries)

    assert [step.resource for step in left] == [address]  # the host refuses it without NAT
    assert list(kernel.resources) == [Forwarding().key]
