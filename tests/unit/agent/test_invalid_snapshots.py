"""Snapshots with values that no host can have do not reach the agent's desired state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.endpoint import AgentEndpoint
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.wire.codec import to_wire
from tests.fixtures.agent.snapshots import network


def test_an_agent_drops_an_invalid_snapshot_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = DesiredStore("node1", SnapshotCache(tmp_path))

    AgentEndpoint(store).apply_snapshot({}, to_wire(replace(network(), mtu=-1)))

    assert store.desired().snapshots == ()
    [record] = caplog.records
    assert record.getMessage() == "dropped a snapshot: NetworkSnapshot.mtu: invalid value -1"
