"""Waiting for something that is away: quiet, and over when the stop event is set."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from cloudnet.common.retry import Backoff, wait_until_available

LOG = logging.getLogger("cloudnet.test")


class AwayError(Exception):
    pass


def available_after(*reasons: str) -> Callable[[], None]:
    """An attempt that fails for one reason after the other, and then succeeds."""
    left: Iterator[str] = iter(reasons)

    def attempt() -> None:
        reason = next(left, None)
        if reason is not None:
            raise AwayError(reason)

    return attempt


def wait(attempt: Callable[[], object], stop: threading.Event | None = None) -> bool:
    return wait_until_available(
        attempt,
        condition="cannot use it",
        unavailable=AwayError,
        stop=stop or threading.Event(),
        logger=LOG,
        backoff=Backoff(0.001, 0.002),
    )


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{r.levelname} {r.getMessage()}" for r in caplog.records]


def test_success_at_the_first_attempt_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cloudnet")

    assert wait(available_after())

    assert lines(caplog) == []


def test_the_same_reason_is_logged_once_and_a_new_one_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "cloudnet")

    assert wait(available_after("refused", "refused", "refused", "login", "login"))

    assert lines(caplog) == [
        "WARNING cannot use it (refused); retrying every 0.001–0.002 s",
        "WARNING cannot use it (login); retrying every 0.001–0.002 s",
        "INFO cannot use it: resolved",
    ]


def test_stop_ends_the_waiting() -> None:
    stop = threading.Event()
    attempts = 0

    def attempt() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            stop.set()
        raise AwayError("refused")

    assert not wait(attempt, stop)
    assert attempts == 3


def test_stop_before_the_first_attempt_means_no_attempt() -> None:
    stop = threading.Event()
    stop.set()
    attempts: list[str] = []

    assert not wait(lambda: attempts.append("one"), stop)
    assert attempts == []


def test_an_error_of_another_class_is_not_waited_out() -> None:
    def attempt() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        wait(attempt)


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3, jitter=0)

    assert [backoff.pause_seconds(n) for n in (1, 2, 3, 4, 5, 1_000)] == [0.5, 1, 2, 3, 3, 3]


def test_pauses_differ_within_the_jitter() -> None:
    backoff = Backoff(1, 30, jitter=0.5)

    pauses = {backoff.pause_seconds(3) for _ in range(50)}

    assert len(pauses) > 1
    assert all(2 <= pause <= 4 for pause in pauses)


def test_a_backoff_prints_as_its_range() -> None:
    assert str(Backoff(2, 30)) == "2–30 s"
