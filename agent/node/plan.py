"""Pure: the steps from the actual to the desired state of a host.

Resources are created in the order of their ranks and removed in reverse, removals after all
creations. ``plan(x, x)`` is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cloudnet.agent.node.resources.base import Management, Resource, Resources


class Verb(StrEnum):
    """What a step does."""

    ENSURE = "ensure"
    REMOVE = "remove"


@dataclass(frozen=True)
class Step:
    """One resource to create, to change or to remove."""

    verb: Verb
    resource: Resource
    actual: Resource | None = None  # as it was read, or is assumed to be; None: absent
    blocked_by: str | None = None  # why it must wait; None: it can be done now

    def __str__(self) -> str:
        """Name what is done to what, and which faults that repairs."""
        faults = self.actual.faults if self.actual is not None else ()
        return f"{self.verb} {self.resource}" + (f" ({', '.join(faults)})" if faults else "")


def plan(
    want: Resources,
    actual: Resources,
    *,
    synced: bool = True,
    preserved: frozenset[str] = frozenset(),
    kept: tuple[type[Resource], ...] = (),
) -> list[Step]:
    """Return the steps, in the order they must be taken.

    :param whole: ``want`` is known to be the whole picture; else nothing is taken away, and no
        table rewritten, which may hold rules of networks that are not known yet
    :param left_alone: bridges of which nothing is taken away
    :param kept: kinds of which nothing is removed
    """
    fresh = [
        resource
        for key, resource in want.items()
        if actual.get(key) != resource and _is_created(resource)
    ]
    steps = [
        Step(
            Verb.ENSURE,
            resource,
            actual.get(resource.key),
            _too_early(resource, actual, synced=synced),
        )
        for resource in sorted(fresh, key=_creation_order)
    ]
    if synced:
        stale = [
            resource
            for key, resource in actual.items()
            if key not in want
            and _is_removed(resource, kept=kept)
            and resource.bridge_name not in preserved
        ]
        steps += [
            Step(Verb.REMOVE, resource, resource, resource.removal_blocked_by(actual))
            for resource in sorted(stale, key=_removal_order)
        ]
    return steps


def _creation_order(resource: Resource) -> tuple[int, str]:
    return resource.rank, resource.key


def _removal_order(resource: Resource) -> tuple[int, str]:
    return -resource.rank, resource.key


def _is_created(resource: Resource) -> bool:
    return resource.management is not Management.OBSERVED


def _is_removed(resource: Resource, *, kept: tuple[type[Resource], ...]) -> bool:
    return resource.management is not Management.KEPT and not isinstance(resource, kept)


def _too_early(resource: Resource, actual: Resources, *, synced: bool) -> str | None:
    if not synced and resource.shared and resource.key in actual:
        return "not all networks are known yet"
    return None
