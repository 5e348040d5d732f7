"""An agent's report is checked before any of it reaches the database."""

from __future__ import annotations

import re

import pytest

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import Applied, Fault, Report
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
