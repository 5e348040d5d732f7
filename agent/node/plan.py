"""Pure: the steps from what a node has to what it should have.

Make what others lean on first; take away what leans before what carries; make before you break.
``plan(x, x)`` is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cloudnet.agent.node.resources.all import (
    Address,
    Bridge,
    Dhcp,
    Forwarding,
    HandedOut,
    Item,
    Items,
    Port,
    PublicAddress,
    Table,
    Translation,
    Vlan,
    bridge_of,
)


class Verb(StrEnum):
    """What a step does."""

    ENSURE = "ensure"
    REMOVE = "remove"


@dataclass(frozen=True)
class Step:
    """One thing to make right or to take away."""

    verb: Verb
    item: Item
    held: str | None = None  # why it must wait; None: it can be done now

    def __str__(self) -> str:
        return f"{self.verb} {self.item}"


def plan(
    want: Items,
    have: Items,
    *,
    whole: bool = True,
    left_alone: frozenset[str] = frozenset(),
    release: bool = True,
) -> list[Step]:
    """Return the steps, in the order they must be taken.

    :param whole: ``want`` is known to be the whole picture; else nothing is taken away, and no
        table rewritten, which may hold rules of networks that are not known yet
    :param left_alone: bridges of which nothing is taken away
    :param release: leases of guests that went are taken away; else they run out by themselves
    """
    fresh = [item for key, item in want.items() if have.get(key) != item and _is_made(item)]
    steps = [
        Step(Verb.ENSURE, item, _too_early(item, have, whole=whole))
        for item in sorted(fresh, key=_made_in_order)
    ]
    if whole:
        stale = [
            item
            for key, item in have.items()
            if key not in want
            and _is_taken(item, release=release)
            and bridge_of(item) not in left_alone
        ]
        steps += [
            Step(Verb.REMOVE, item, _held(item, have))
            for item in sorted(stale, key=_taken_in_order)
        ]
    return steps


def needs(item: Item) -> Iterator[str]:
    """Yield the keys of what the thing leans on: while that fails, the thing must wait."""
    match item:
        case Vlan() | Port():
            yield f"bridge {item.bridge}"
        case Address():
            yield f"bridge {item.device}"
            # Without it, a guest could reach another project's through this address.
            yield "table filter"
        case Dhcp():
            yield f"bridge {item.bridge}"
        case PublicAddress():
            yield "table nat"


# The order of making. The filter comes before the first address, so that no packet is routed
# that it would have dropped; a floating IP comes after its translation, so that no packet for it
# is taken for the node's own.
_ORDER: tuple[tuple[type[Item], str | None], ...] = (
    (Forwarding, None),
    (Table, "filter"),
    (Table, "mangle"),
    (Bridge, None),
    (Vlan, None),
    (Port, None),
    (Address, None),
    (Dhcp, None),
    (Table, "nat"),
    (Translation, None),
    (PublicAddress, None),
    (HandedOut, None),
)


def _rank(item: Item) -> int:
    for rank, (kind, name) in enumerate(_ORDER):
        if isinstance(item, kind) and (name is None or item.key.endswith(name)):
            return rank
    raise TypeError(item)


def _made_in_order(item: Item) -> tuple[int, str]:
    return _rank(item), item.key


def _taken_in_order(item: Item) -> tuple[int, str]:
    return -_rank(item), item.key


def _is_made(item: Item) -> bool:
    """A lease is made by a guest's asking, a translation by the rules of the nat table."""
    return not isinstance(item, HandedOut | Translation)


def _is_taken(item: Item, *, release: bool) -> bool:
    """Forwarding may have been on before us, and others may rely on it."""
    return not isinstance(item, Forwarding) and (release or not isinstance(item, HandedOut))


def _too_early(item: Item, have: Items, *, whole: bool) -> str | None:
    if not whole and isinstance(item, Table) and item.key in have:
        return "the controller has not told of all networks yet"
    return None


def _held(item: Item, have: Items) -> str | None:
    """A bridge stays while a guest is in it, and what carries the bridge's frames stays too."""
    bridge = have.get(f"bridge {item.bridge}") if isinstance(item, Vlan | Port) else item
    if isinstance(bridge, Bridge) and bridge.guests:
        return f"{', '.join(bridge.guests)} still in {bridge.name}"
    return None
