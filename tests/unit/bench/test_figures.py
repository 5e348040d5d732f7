"""The bench's arithmetic and its goals. What it measures is not asserted anywhere."""

import pytest

from tests.bench.figures import Figure, Goal, percentile


def test_a_percentile_is_interpolated_between_two_samples() -> None:
    samples = [4.0, 1.0, 3.0, 2.0]

    assert [percentile(samples, percent) for percent in (0, 50, 100)] == [1.0, 2.5, 4.0]
    assert percentile(samples, 95) == pytest.approx(3.85)
    assert percentile([7.0], 95) == 7.0


def test_there_is_no_percentile_of_no_samples() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)


def test_a_goal_limits_the_value_or_its_ratio_to_the_reference() -> None:
    assert Figure("x", 9.0, "ms", "echo", 2.0, Goal(4, of_ratio=True)).met is False
    assert Figure("x", 8.0, "ms", "echo", 2.0, Goal(4, of_ratio=True)).met is True
    assert Figure("x", 50.0, "/s", "echo", 100.0, Goal(1 / 3, of_ratio=True, at_least=True)).met
    assert Figure("x", 61.0, "ms", goal=Goal(60)).met is False


def test_without_a_goal_or_a_ratio_nothing_is_judged() -> None:
    assert Figure("x", 61.0, "ms").met is None
    assert Figure("x", 61.0, "ms", goal=Goal(4, of_ratio=True)).met is None


def test_a_figure_is_written_to_json_with_its_ratio_and_all_samples() -> None:
    values = Figure("x", 6.0, "ms", "y", 3.0, Goal(1), samples=(5.0, 7.0)).as_json()

    assert values["ratio"] == 2.0
    assert values["met"] is False
    assert values["samples"] == (5.0, 7.0)
