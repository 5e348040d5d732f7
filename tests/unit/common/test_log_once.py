"""A lasting condition is logged when it starts, when it changes and when it is resolved."""

from __future__ import annotations

import logging

import pytest

from cloudnet.common.log_once import ConditionLog

LOG = logging.getLogger("cloudnet.test")


@pytest.fixture(autouse=True)
def all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cloudnet")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{r.levelname} {r.getMessage()}" for r in caplog.records]


def test_a_condition_is_logged_once_at_its_start_and_once_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    conditions = ConditionLog(LOG)

    started = [conditions.start("table nat", "table nat: locked") for _ in range(3)]
    resolved = [conditions.resolve("table nat") for _ in range(2)]

    assert lines(caplog) == ["WARNING table nat: locked", "INFO table nat: resolved"]
    assert started == [True, False, False]
    assert resolved == [True, False]


def test_a_condition_that_starts_again_is_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    conditions = ConditionLog(LOG, logging.ERROR)

    for _ in range(2):
        conditions.start("disk full")
        conditions.resolve("disk full")

    assert lines(caplog) == ["ERROR disk full", "INFO disk full: resolved"] * 2


def test_a_different_line_is_logged_and_the_condition_resolved_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    conditions = ConditionLog(LOG)

    conditions.start("no broker", "no broker (refused)")
    conditions.start("no broker", "no broker (login)")
    conditions.resolve("no broker")

    assert lines(caplog) == [
        "WARNING no broker (refused)",
        "WARNING no broker (login)",
        "INFO no broker: resolved",
    ]


def test_a_different_line_can_be_left_to_debug(caplog: pytest.LogCaptureFixture) -> None:
    conditions = ConditionLog(LOG)

    conditions.start("no reply", "no reply in 2 s", log_changes=False)
    conditions.start("no reply", "no reply in 4 s", log_changes=False)

    assert lines(caplog) == ["WARNING no reply in 2 s", "DEBUG no reply in 4 s"]


def test_an_update_starts_what_is_new_and_resolves_what_is_absent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    conditions = ConditionLog(LOG)

    conditions.update({"a": "a: one", "b": "b: one"})
    conditions.update({"b": "b: one", "c": "c: one"})
    conditions.update([])

    assert lines(caplog) == [
        "WARNING a: one",
        "WARNING b: one",
        "WARNING c: one",
        "INFO a: resolved",
        "INFO b: resolved",
        "INFO c: resolved",
    ]


def test_an_update_takes_lines_that_are_their_own_name(caplog: pytest.LogCaptureFixture) -> None:
    conditions = ConditionLog(LOG)

    conditions.update(frozenset({"b", "a"}))

    assert lines(caplog) == ["WARNING a", "WARNING b"]
    assert conditions.is_active("a")
    assert not conditions.is_active("c")


def test_the_stack_of_an_exception_is_logged_on_request(caplog: pytest.LogCaptureFixture) -> None:
    conditions = ConditionLog(LOG)

    try:
        raise ValueError("broken")
    except ValueError:
        conditions.start("fault", exc_info=True)

    [record] = caplog.records
    assert record.exc_info
    assert record.exc_info[0] is ValueError
