import pytest

from cloudnet.agent.schedule import DRIFT_CHECK_SECONDS, Schedule

RESYNC_SECONDS = 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def schedule(clock: Clock) -> Schedule:
    schedule = Schedule(clock, RESYNC_SECONDS)
    schedule.record_read()
    return schedule


def test_a_host_that_was_never_read_is_due(clock: Clock) -> None:
    assert Schedule(clock, RESYNC_SECONDS).is_read_due


def test_the_next_read_is_due_after_the_resync_interval(clock: Clock, schedule: Schedule) -> None:
    clock.now += RESYNC_SECONDS - 1
    assert not schedule.is_read_due

    clock.now += 1
    assert schedule.is_read_due


def test_drift_is_checked_between_reads(clock: Clock, schedule: Schedule) -> None:
    assert schedule.next_at == clock.now + DRIFT_CHECK_SECONDS

    clock.now += DRIFT_CHECK_SECONDS
    assert schedule.is_drift_check_due
    schedule.record_drift_check()

    assert not schedule.is_drift_check_due
    assert not schedule.is_read_due


def test_a_read_is_never_put_off(clock: Clock, schedule: Schedule) -> None:
    schedule.read_within(1)
    schedule.read_within(5)

    assert schedule.next_at == clock.now + 1
