"""Refused arguments: what is desired instead, and the fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloudnet.agent.node.dnsmasq import render_dnsmasq
from cloudnet.agent.node.former_arguments import keep_former_arguments
from cloudnet.agent.node.render_network import NetworkResources
from cloudnet.agent.node.resources.base import by_key
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq, Refusal
from tests.fixtures.agent.snapshots import agent_settings, network

OLD = ("dnsmasq", "--old")
NETWORK = network()


@pytest.fixture
def desired() -> Dnsmasq:
    return render_dnsmasq(NETWORK, 1500, agent_settings(), ["a guest"])


def keep(desired: Dnsmasq, actual: Dnsmasq | None) -> tuple[Dnsmasq, list[str]]:
    rendered = NetworkResources(by_key(desired), {})
    found = by_key(actual) if actual is not None else {}
    kept = keep_former_arguments(NETWORK, rendered, found)
    dnsmasq = kept.resources[desired.key]
    assert isinstance(dnsmasq, Dnsmasq)
    return dnsmasq, [fault.line for fault in kept.other_faults]


def test_refused_arguments_are_replaced_by_the_former_ones_and_nothing_else_is(
    desired: Dnsmasq,
) -> None:
    refusal = Refusal(desired.arguments, OLD, "bad option")

    kept, faults = keep(desired, replace(desired, arguments=OLD, hosts=(), refusal=refusal))

    assert kept == replace(desired, arguments=OLD, refusal=refusal)
    assert faults == ["dnsmasq br100: bad option"]


def test_they_are_also_while_no_process_runs(desired: Dnsmasq) -> None:
    refusal = Refusal(desired.arguments, OLD, "bad option")

    kept, _ = keep(desired, replace(desired, arguments=(), refusal=refusal))

    assert kept.arguments == OLD


def test_other_arguments_than_the_refused_ones_are_tried(desired: Dnsmasq) -> None:
    refusal = Refusal((*desired.arguments, "--more"), OLD, "bad option")

    assert keep(desired, replace(desired, arguments=OLD, refusal=refusal)) == (desired, [])


def test_without_a_refusal_nothing_is_replaced(desired: Dnsmasq) -> None:
    assert keep(desired, None) == (desired, [])
    assert keep(desired, replace(desired, arguments=OLD)) == (desired, [])
