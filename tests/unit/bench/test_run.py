"""Which measures run, and what is left when one of them fails."""

from collections.abc import Iterator

import pytest

from tests.bench.figures import Figure
from tests.bench.measures.all import CONTROL, MEASURES, NODE, select_measures
from tests.bench.run import run_measures

A, B, C = (Figure(name, 1.0, "ms") for name in "abc")


def test_all_measures_run_in_their_order() -> None:
    outcome = run_measures({"first": lambda: [A, B], "second": lambda: [C]})

    assert outcome.figures == [A, B, C]
    assert outcome.failure is None


def test_figures_measured_before_a_failure_are_kept() -> None:
    def fail() -> Iterator[Figure]:
        yield B
        raise OSError("no interface\n  with this name")

    outcome = run_measures({"first": lambda: [A], "second": fail, "third": lambda: [C]})

    assert outcome.figures == [A, B]
    assert outcome.failure == "second: OSError: no interface with this name"


def test_an_interrupt_keeps_the_figures_too() -> None:
    def interrupt() -> Iterator[Figure]:
        yield A
        raise KeyboardInterrupt

    assert run_measures({"first": interrupt}).figures == [A]
    assert run_measures({"first": interrupt}).failure == "first: interrupted"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], list(MEASURES)),
        (["node"], list(NODE)),
        (["control"], list(CONTROL)),
        (["idle", "calls"], ["idle", "calls"]),
        (["idle", "node"], ["idle", *(name for name in NODE if name != "idle")]),
    ],
)
def test_a_word_selects_a_measure_or_a_group(words: list[str], names: list[str]) -> None:
    assert select_measures(words) == names


def test_no_measure_has_the_name_of_another_or_of_a_group() -> None:
    assert len(MEASURES) == len(CONTROL) + len(NODE)
    assert not {"control", "node"} & MEASURES.keys()
