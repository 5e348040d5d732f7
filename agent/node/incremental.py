"""Handle a long sequence again at the cost of what changed in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from operator import eq
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class IncrementalMap(Generic[T, R]):
    """Calls a function for each item of a sequence, except for items that the last one had.

    One more guest, or one less, changes a sequence of thousands in one place. So only the items
    between the common beginning and the common end are rendered again.
    """

    def __init__(self, render: Callable[[T], R]) -> None:
        self._render = render
        self._items: Sequence[T] = ()
        self._results: list[R] = []

    def apply(self, items: Sequence[T]) -> list[R]:
        """Return the result for each item."""
        if items != self._items:
            head, tail = count_common_ends(self._items, items)
            self._results = [
                *self._results[:head],
                *map(self._render, items[head : len(items) - tail]),
                *self._results[len(self._results) - tail :],
            ]
            self._items = items
        return self._results


def count_common_ends(old: Sequence[T], new: Sequence[T]) -> tuple[int, int]:
    """Return how many items two sequences have in common at the beginning, and how many at the end.

    No item is counted twice.
    """
    head = _count_equal(old, new)
    longest_tail = min(len(old), len(new)) - head
    return head, min(longest_tail, _count_equal(reversed(old), reversed(new)))


def _count_equal(first: Iterable[T], second: Iterable[T]) -> int:
    """Return how many items at the beginning are the same."""
    return sum(1 for _ in takewhile(bool, map(eq, first, second)))
