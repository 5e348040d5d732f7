"""The time that a call may take."""

from __future__ import annotations

import pytest

from cloudnet.common.deadline import check_deadline, get_remaining_seconds, time_limit
from cloudnet.common.errors import DeadlinePassed


def test_without_a_limit_all_time_is_left() -> None:
    assert get_remaining_seconds() is None
    check_deadline()


def test_within_the_limit_work_goes_on() -> None:
    with time_limit(60):
        remaining = get_remaining_seconds()
        check_deadline()

    assert remaining is not None
    assert 0 < remaining <= 60


def test_after_the_limit_work_is_refused_and_later_work_is_not() -> None:
    with time_limit(0), pytest.raises(DeadlinePassed):
        check_deadline()

    check_deadline()
