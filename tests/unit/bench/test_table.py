"""The table of figures."""

from textwrap import dedent

from tests.bench.figures import Figure, Goal
from tests.bench.table import format_table


def test_the_table_has_aligned_columns() -> None:
    figures = [
        Figure("allocate, p50", 7.0, "ms", "echo", 2.0, Goal(4, of_ratio=True)),
        Figure("rate of eight", 50.0, "/s", "echo", 500.0, Goal(1 / 3, True, at_least=True)),
        Figure("dhcpbridge", 25.25, "ms", "true", 1.0, Goal(60)),
        Figure("agent", 123.4, "MB"),
    ]

    assert format_table(figures) == dedent("""\
        what           measured  beside        ratio  goal          met
        -------------  --------  ------------  -----  ------------  ---
        allocate, p50  7.00 ms   echo 2.00 ms  3.50   ratio ≤ 4     yes
        rate of eight  50.0 /s   echo 500 /s   0.10   ratio ≥ 0.33  no
        dhcpbridge     25.2 ms   true 1.00 ms  25.25  ≤ 60 ms       yes
        agent          123 MB""")


def test_a_table_of_no_figures_is_its_headings() -> None:
    assert format_table([]).splitlines()[0].split() == [
        "what",
        "measured",
        "beside",
        "ratio",
        "goal",
        "met",
    ]
