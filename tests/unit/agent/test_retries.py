import logging

import pytest

from cloudnet.agent.retries import NEEDS_OPERATOR_SECONDS, Retries
from cloudnet.common.log_once import ConditionLog


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def retries(clock: Clock) -> Retries:
    return Retries(clock, ConditionLog(logging.getLogger("test")))


def fail(retries: Retries, key: str = "bridge br100", why: str = "no", **more: bool) -> None:
    retries.add(key, f"{key}: cannot be created: {why}", **more)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_what_never_failed_is_due(retries: Retries) -> None:
    assert retries.is_due("bridge br100")
    assert retries.next_at is None


def test_pauses_double_up_to_a_minute(clock: Clock, retries: Retries) -> None:
    pauses = []
    for _ in range(8):
        retries.begin_pass()
        fail(retries)
        assert retries.next_at is not None
        pauses.append(retries.next_at - clock.now)
        clock.now = retries.next_at

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_what_an_operator_must_change_is_tried_rarely_from_the_start(retries: Retries) -> None:
    fail(retries, needs_operator=True)

    assert retries.next_at == NEEDS_OPERATOR_SECONDS


def test_all_failures_of_a_pass_are_due_at_the_same_time(clock: Clock, retries: Retries) -> None:
    retries.begin_pass()
    for number in range(3):
        clock.now += 0.1  # the time that the attempt takes
        fail(retries, f"dnsmasq br{number}")

    assert retries.next_at is not None
    clock.now = retries.next_at
    retries.begin_pass()

    assert [retries.is_due(f"dnsmasq br{number}") for number in range(3)] == [True] * 3


def test_a_failure_is_logged_once_and_its_end_once(
    retries: Retries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    fail(retries)
    fail(retries)
    retries.resolve("bridge br100")
    retries.resolve("bridge br100")

    assert lines(caplog) == [
        "bridge br100: cannot be created: no; retrying",
        "bridge br100: resolved",
    ]


def test_another_reason_is_logged_again(retries: Retries, caplog: pytest.LogCaptureFixture) -> None:
    fail(retries)
    fail(retries, why="still no")

    assert lines(caplog) == [
        "bridge br100: cannot be created: no; retrying",
        "bridge br100: cannot be created: still no; retrying",
    ]


def test_a_failure_is_resolved_when_its_step_is_no_longer_planned(
    retries: Retries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fail(retries)

    retries.keep_only({"bridge br101"})

    assert retries.messages == {}
    assert lines(caplog)[-1] == "bridge br100: resolved"


def test_a_blocked_step_has_not_failed_and_is_not_resolved(
    retries: Retries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fail(retries)

    retries.block("bridge br100")

    assert retries.messages == {}
    assert retries.next_at is None
    assert len(caplog.records) == 1

    retries.keep_only(set())

    assert lines(caplog)[-1] == "bridge br100: resolved"


def test_where_the_former_serves_the_host_is_read_at_once_and_nothing_is_logged(
    clock: Clock, retries: Retries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fail(retries, former_kept=True)
    assert retries.next_at == clock.now

    retries.keep_only(set())

    assert lines(caplog) == []


def test_a_second_time_it_is_a_failure_like_any_other(
    clock: Clock, retries: Retries, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        fail(retries, former_kept=True)

    assert retries.next_at == clock.now + 2
    assert lines(caplog) == ["bridge br100: cannot be created: no; retrying"]
