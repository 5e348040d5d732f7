"""Pure: arithmetic of address ranges."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, collapse_addresses


def subtract(
    ranges: Iterable[IPv4Network], others: Iterable[IPv4Network]
) -> tuple[IPv4Network, ...]:
    """Return what is in one of the ranges and in none of the others, collapsed."""
    rest = list(ranges)
    for other in others:
        rest = [part for each in rest for part in _without(each, other)]
    return tuple(collapse_addresses(rest))


def _without(one: IPv4Network, other: IPv4Network) -> Iterable[IPv4Network]:
    if one.subnet_of(other):
        return ()
    if other.subnet_of(one):
        return one.address_exclude(other)
    return (one,)
