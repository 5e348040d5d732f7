"""The bench's own arithmetic, and its table. What it measures is never asserted anywhere."""

from textwrap import dedent

import pytest

from tests.bench.figures import Figure, Goal, percentile
from tests.bench.table import table


def test_a_percentile_lies_between_two_samples_where_it_must() -> None:
    samples = [4.0, 1.0, 3.0, 2.0]

    assert [percentile(samples, percent) for percent in (0, 50, 100)] == [1.0, 2.5, 4.0]
    assert percentile(samples, 95) == pytest.approx(3.85)
    assert percentile([7.0], 95) == 7.0


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)


def test_a_goal_is_judged_by_the_figure_or_by_its_ratio() -> None:
    assert Figure("x", 9.0, "ms", "echo", 2.0, Goal(4, of_ratio=True)).met is False
    assert Figure("x", 8.0, "ms", "echo", 2.0, Goal(4, of_ratio=True)).met is True
    assert Figure("x", 50.0, "/s", "echo", 100.0, Goal(1 / 3, of_ratio=True, at_least=True)).met
    assert Figure("x", 61.0, "ms", goal=Goal(60)).met is False
    assert Figure("x", 61.0, "ms").met is None
    assert Figure("x", 61.0, "ms", goal=Goal(4, of_ratio=True)).met is None


def test_the_table_reads_in_columns() -> None:
    figures = [
        Figure("allocate, p50", 7.0, "ms", "echo", 2.0, Goal(4, of_ratio=True)),
        Figure("rate of eight", 50.0, "/s", "echo", 500.0, Goal(1 / 3, True, at_least=True)),
        Figure("dhcpbridge", 25.25, "ms", "true", 1.0, Goal(60)),
        Figure("agent", 123.4, "MB"),
    ]

    assert table(figures) == dedent("""\
        what           measured  beside        ratio  goal          met
        -------------  --------  ------------  -----  ------------  ---
        allocate, p50  7.00 ms   echo 2.00 ms  3.50   ratio ≤ 4     yes
        rate of eight  50.0 /s   echo 500 /s   0.10   ratio ≥ 0.33  no
        dhcpbridge     25.2 ms   true 1.00 ms  25.25  ≤ 60 ms       yes
        agent          123 MB""")


def test_a_figure_tells_all_of_itself_to_a_json_file() -> None:
    plain = Figure("x", 6.0, "ms", "y", 3.0, Goal(1), samples=(5.0, 7.0)).plain()

    assert plain["ratio"] == 2.0
    assert plain["met"] is False
    assert plain["samples"] == (5.0, 7.0)
