import logging

import pytest

from cloudnet.agent.wakeup import Cause, Wakeup


@pytest.fixture
def wakeup() -> Wakeup:
    return Wakeup()


def test_the_wait_ends_by_itself(wakeup: Wakeup) -> None:
    assert wakeup.wait(0) is Cause.TIMER


def test_a_signal_ends_one_wait(wakeup: Wakeup) -> None:
    wakeup.desired_changed()

    assert wakeup.wait(5) is Cause.DESIRED
    assert wakeup.wait(0) is Cause.TIMER


def test_a_change_of_the_host_outweighs_one_of_the_desired_state(wakeup: Wakeup) -> None:
    wakeup.host_changed()
    wakeup.desired_changed()

    assert wakeup.wait(5) is Cause.HOST
    assert wakeup.wait(0) is Cause.TIMER


def test_lost_events_are_a_change_of_the_host_and_logged(
    wakeup: Wakeup, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    wakeup.host_changed(lost=True)

    assert wakeup.wait(5) is Cause.HOST
    assert "the kernel dropped events" in caplog.text
