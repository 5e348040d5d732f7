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
    Dnsmasq,
    Forwarding,
    Lease,
    NatMapping,
    Port,
    PublicAddress,
    Resource,
    Resources,
    Table,
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
    resource: Resource
    held: str | None = None  # why it must wait; None: it can be done now

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


def plan(
    want: Resources,
    actual: Resources,
    *,
    synced: bool = True,
    preserved: frozenset[str] = frozenset(),
    release: bool = True,
) -> list[Step]:
    """Return the steps, in the order they must be taken.

    :param whole: ``want`` is known to be the whole picture; else nothing is taken away, and no
        table rewritten, which may hold rules of networks that are not known yet
    :param left_alone: bridges of which nothing is taken away
    :param release: leases of guests that went are taken away; else they run out by themselves
    """
    fresh = [
        resource
        for key, resource in want.items()
        if actual.get(key) != resource and _is_made(resource)
    ]
    steps = [
        Step(Verb.ENSURE, resource, _too_early(resource, actual, synced=synced))
        for resource in sorted(fresh, key=_made_in_order)
    ]
    if synced:
        stale = [
            resource
            for key, resource in actual.items()
            if key not in want
            and _is_taken(resource, release=release)
            and bridge_of(resource) not in preserved
        ]
        steps += [
            Step(Verb.REMOVE, resource, _held(resource, actual))
            for resource in sorted(stale, key=_taken_in_order)
        ]
    return steps


def needs(resource: Resource) -> Iterator[str]:
    """Yield the keys of what the thing leans on: while that fails, the thing must wait."""
    match resource:
        case Vlan() | Port():
            yield f"bridge {resource.bridge}"
        case Address():
            yield f"bridge {resource.device}"
            # Without it, a guest could reach another project's through this address.
            yield "table filter"
        case Dnsmasq():
            yield f"bridge {resource.bridge}"
        case PublicAddress():
            yield "table nat"


# The order of making. The filter comes before the first address, so that no packet is routed
# that it would have dropped; a floating IP comes after its translation, so that no packet for it
# is taken for the node's own.
_ORDER: tuple[tuple[type[Resource], str | None], ...] = (
    (Forwarding, None),
    (Table, "filter"),
    (Table, "mangle"),
    (Bridge, None),
    (Vlan, None),
    (Port, None),
    (Address, None),
    (Dnsmasq, None),
    (Table, "nat"),
    (NatMapping, None),
    (PublicAddress, None),
    (Lease, None),
)


def _rank(resource: Resource) -> int:
    for rank, (kind, name) in enumerate(_ORDER):
        if isinstance(resource, kind) and (name is None or resource.key.endswith(name)):
            return rank
    raise TypeError(resource)


def _made_in_order(resource: Resource) -> tuple[int, str]:
    return _rank(resource), resource.key


def _taken_in_order(resource: Resource) -> tuple[int, str]:
    return -_rank(resource), resource.key


def _is_made(resource: Resource) -> bool:
    """A lease is made by a guest's asking, a translation by the rules of the nat table."""
    return not isinstance(resource, Lease | NatMapping)


def _is_taken(resource: Resource, *, release: bool) -> bool:
    """Forwarding may have been on before us, and others may rely on it."""
    return not isinstance(resource, Forwarding) and (release or not isinstance(resource, Lease))


def _too_early(resource: Resource, actual: Resources, *, synced: bool) -> str | None:
    if not synced and isinstance(resource, Table) and resource.key in actual:
        return "the controller has not told of all networks yet"
    return None


def _held(resource: Resource, actual: Resources) -> str | None:
    """A bridge stays while a guest is in it, and what carries the bridge's frames stays too."""
    bridge = (
        actual.get(f"bridge {resource.bridge}") if isinstance(resource, Vlan | Port) else resource
    )
    if isinstance(bridge, Bridge) and bridge.guests:
        return f"{', '.join(bridge.guests)} still in {bridge.name}"
    return None
