"""What a host's report of one network means, and what is done about it, case by case."""

from __future__ import annotations

import pytest

from cloudnet.common.wire.objects import OUT_OF_SYNC
from cloudnet.controller.model.host_sync import (
    Comparison,
    Decision,
    RowChange,
    compare,
    decide,
)
from cloudnet.controller.model.records import HostNetwork

# reported, the row's revision, the applied revision that is recorded → what it means
COMPARISONS = [
    # the host does not have the network
    (None, 5, None, Comparison.MISSING),
    (None, 5, 3, Comparison.MISSING),
    (None, 5, 5, Comparison.MISSING),
    # the host has the network, but no complete revision of it
    (OUT_OF_SYNC, 5, None, Comparison.STALE),
    (OUT_OF_SYNC, 5, 3, Comparison.STALE),
    (OUT_OF_SYNC, 5, 5, Comparison.STALE),
    # an older revision
    (3, 5, None, Comparison.PROGRESSED),
    (3, 5, 2, Comparison.PROGRESSED),
    (3, 5, 3, Comparison.STALE),
    (3, 5, 4, Comparison.STALE),  # a late report
    (3, 5, 5, Comparison.STALE),  # a late report, or a host that was reinstalled
    # the row's revision
    (5, 5, None, Comparison.APPLIED),
    (5, 5, 3, Comparison.APPLIED),
    (5, 5, 5, Comparison.IN_SYNC),
    # a revision that the database does not have: it is from a backup
    (6, 5, None, Comparison.AHEAD),
    (6, 5, 5, Comparison.AHEAD),
    (10**15, 5, 3, Comparison.AHEAD),
]

NOTHING = Decision()
SEND = Decision(send=True)

# what the report means, whether the host's desired state includes the network → what is done
DECISIONS = [
    (Comparison.IN_SYNC, True, NOTHING),
    (Comparison.IN_SYNC, False, NOTHING),
    (Comparison.APPLIED, True, Decision(RowChange.RECORD_APPLIED)),
    # The host has removed the network. Its next report no longer names it.
    (Comparison.APPLIED, False, Decision(RowChange.RECORD_APPLIED, release_gateway=True)),
    (Comparison.PROGRESSED, True, Decision(RowChange.RECORD_PROGRESS, send=True)),
    (Comparison.PROGRESSED, False, Decision(RowChange.RECORD_PROGRESS, send=True)),
    (Comparison.STALE, True, SEND),
    (Comparison.STALE, False, SEND),
    (Comparison.MISSING, True, SEND),
    # The host has removed the network and forgotten it, or never had it.
    (Comparison.MISSING, False, Decision(RowChange.DELETE, release_gateway=True)),
    (Comparison.AHEAD, True, SEND),
    (Comparison.AHEAD, False, SEND),
]


@pytest.mark.parametrize(("reported", "revision", "applied", "comparison"), COMPARISONS)
def test_a_reported_revision_is_compared_with_the_row(
    reported: int | None, revision: int, applied: int | None, comparison: Comparison
) -> None:
    row = HostNetwork("node1", "a-network", 1, revision, applied)

    assert compare(row, reported) is comparison


@pytest.mark.parametrize(("comparison", "is_wanted", "decision"), DECISIONS)
def test_what_is_done_follows_from_the_comparison_and_the_desired_state(
    comparison: Comparison, is_wanted: bool, decision: Decision
) -> None:
    assert decide(comparison, is_wanted=is_wanted) == decision


def test_the_table_of_decisions_has_every_case() -> None:
    cases = {(comparison, is_wanted) for comparison, is_wanted, _ in DECISIONS}

    assert cases == {(comparison, flag) for comparison in Comparison for flag in (True, False)}


def test_an_address_is_released_only_with_a_change_that_fails_if_a_guest_came_back() -> None:
    releasing = [decision for *_, decision in DECISIONS if decision.release_gateway]

    assert {decision.row_change for decision in releasing} == {
        RowChange.RECORD_APPLIED,
        RowChange.DELETE,
    }
    assert not any(decision.send for decision in releasing)
