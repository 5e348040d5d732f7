"""An agent's report is checked before any of it reaches the database."""

from __future__ import annotations

import re
from ipaddress import IPv4Network

import pytest

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import Applied, Fault, Report, ReportedRange
from cloudnet.controller.endpoint import AgentsEndpoint
from tests.fixtures.controller.world import World

UUID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("report", "named"),
    [
        (Report("", ()), "report.host"),
        (Report("n" * 300, ()), "report.host"),
        (Report("node1\n", ()), "report.host"),
        (Report("node1", (Applied("any", 1),)), "report.applied[0].network"),
        (Report("node1", (Applied(UUID, -1),)), "report.applied[0].revision"),
        (Report("node1", (Applied(UUID, 10**30),)), "report.applied[0].revision"),
        (Report("node1", (), (Fault("any", "x"),)), "report.problems[0].network"),
    ],
)
def test_an_ill_formed_report_is_refused_by_name_and_leaves_no_trace(
    world: World, report: Report, named: str
) -> None:
    endpoint = AgentsEndpoint(world.services)

    with pytest.raises(BadRequest, match=re.escape(named)):
        endpoint.report({}, to_wire(report))

    assert world.one("SELECT count(*) FROM services") == 0
    assert world.one("SELECT count(*) FROM host_networks") == 0


def test_texts_with_any_characters_are_recorded_escaped(world: World) -> None:
    """A fault may name a device, which the kernel lets have nearly any bytes."""
    odd = "tap\udcff\x00\x1b[2J" + "x" * 70_000
    report = Report(
        "node1",
        (),
        (Fault(None, odd),),
        held=odd,
        ranges=(ReportedRange(odd, IPv4Network("10.9.0.0/24"), None),),
    )

    AgentsEndpoint(world.services).report({}, to_wire(report))

    start = r"tap\udcff\x00\x1b[2Jxxx"
    assert str(world.one("SELECT held FROM host_agents")).startswith(start)
    assert str(world.one("SELECT device FROM host_ranges")).startswith(start)
    [fault] = world.rows("SELECT message FROM host_problems WHERE message NOT LIKE 'answer %'")
    assert str(fault[0]).startswith(start)


def test_a_nested_report_is_refused_and_its_host_shown(world: World) -> None:
    bomb: list[object] = []
    for _ in range(100_000):
        bomb = [bomb]

    with pytest.raises(BadRequest, match=r"message\.faults\[0\]: a Fault is needed"):
        AgentsEndpoint(world.services).report({}, to_wire(Report("node1", ())) | {"faults": bomb})

    assert "report refused" in str(world.one("SELECT refused FROM host_agents"))
