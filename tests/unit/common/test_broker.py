"""Waiting for a broker: patient, quiet, and over when it is told to stop."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from cloudnet.common import broker, rpc


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "FIRST_PAUSE_SECONDS", 0.001)


def answers_after(*reasons: str) -> Callable[[], None]:
    """A broker that is away for one reason after the other, and then answers."""
    left: Iterator[str] = iter(reasons)

    def knock() -> None:
        reason = next(left, None)
        if reason is not None:
            raise broker.AwayError(reason)

    return knock


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{r.levelname} {r.getMessage()}" for r in caplog.records]


def test_a_broker_that_answers_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cloudnet")

    assert broker.wait_until(answers_after(), "b:5672", threading.Event())

    assert lines(caplog) == []


def test_the_same_reason_is_said_once_and_a_new_one_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cloudnet")
    knock = answers_after("refused", "refused", "refused", "login", "login")

    assert broker.wait_until(knock, "b:5672", threading.Event())

    assert lines(caplog) == [
        "WARNING the broker at b:5672 does not answer: refused; trying again until it does",
        "WARNING the broker at b:5672 does not answer: login; trying again until it does",
        "INFO the broker at b:5672 answers, after 0 s",
    ]


def test_stop_ends_the_waiting() -> None:
    stop = threading.Event()
    tries = 0

    def knock() -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            stop.set()
        raise broker.AwayError("refused")

    assert not broker.wait_until(knock, "b:5672", stop)
    assert tries == 3


def test_stop_before_the_first_try_is_no_try() -> None:
    stop = threading.Event()
    stop.set()

    assert not broker.wait_until(answers_after("never asked"), "b:5672", stop)


def test_the_password_is_in_no_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stop = threading.Event()
    stop_at_first_word = logging.Handler()
    stop_at_first_word.emit = lambda record: stop.set()  # type: ignore[method-assign]  # a fake
    monkeypatch.setattr(broker.LOG, "handlers", [stop_at_first_word])

    assert not rpc.wait_for_broker(f"rabbit://user:geheim@127.0.0.1:{port}/", stop)

    [record] = caplog.records
    assert record.getMessage() == (
        f"the broker at 127.0.0.1:{port} does not answer: Connection refused; "
        "trying again until it does"
    )


def test_a_transport_within_the_process_needs_no_waiting() -> None:
    assert rpc.wait_for_broker("fake://", threading.Event())
