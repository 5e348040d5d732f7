"""The free addresses of a network in a compact form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudnet.controller.model.records import Network


def list_free_ranges(network: Network, taken: Iterable[int]) -> list[str]:
    """Return the free addresses of a pool: ``10.0.0.5`` or ``10.0.0.7-10.0.0.99`` each.

    :param taken: the positions that are not free, in ascending order
    """
    return [
        str(network.cidr[first]) if first == last else f"{network.cidr[first]}-{network.cidr[last]}"
        for first, last in _list_gaps(taken, network.pool_start, network.pool_end)
    ]


def _list_gaps(taken: Iterable[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    for position in taken:
        if position > end:
            break
        if position > start:
            yield start, position - 1
        start = max(start, position + 1)
    if start <= end:
        yield start, end
