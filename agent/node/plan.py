"""Pure: the steps from the actual to the desired state of a host.

Resources are created in the order of their ranks and removed in reverse, removals after all
creations. ``plan(x, x)`` is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cloudnet.agent.node.resources.base import Management, Resource, Resources


class Verb(StrEnum):
    """What a step does in the kernel."""

    ENSURE = "ensure"
    REMOVE = "remove"


_DONE = {"create": "created", "change": "changed", "repair": "repaired", "remove": "removed"}


@dataclass(frozen=True)
class Step:
    """One resource to create, to change, to repair or to remove."""

    verb: Verb
    resource: Resource
    actual: Resource | None = None  # as it was read, or is assumed to be; None: absent
    blocked_by: str | None = None  # why it must wait; None: it can be done now

    @property
    def action(self) -> str:
        """What the step does, as an operator would say it."""
        if self.verb is Verb.REMOVE:
            return "remove"
        if self.actual is None:
            return "create"
        return "repair" if self.actual.faults else "change"

    @property
    def done(self) -> str:
        """The log line of the step after it was done."""
        return f"{self.resource.key}: {_DONE[self.action]}{_in_parentheses(self._details)}"

    def failed(self, why: str) -> str:
        """Return the line of the step after it failed."""
        return f"{self.resource.key}: cannot be {_DONE[self.action]}: {why}"

    def waits(self, why: str) -> str:
        """Return the line of the step while it is blocked."""
        return f"{self.resource.key}: not {_DONE[self.action]} yet: {why}"

    def __str__(self) -> str:
        return f"{self.action} {self.resource.key}{_in_parentheses(self._details)}"

    @property
    def _details(self) -> str:
        if self.verb is Verb.REMOVE:
            return ""
        faults = self.actual.faults if self.actual is not None else ()
        return ", ".join(faults) or self.resource.details


def plan(
    desired: Resources,
    actual: Resources,
    *,
    synced: bool = True,
    preserved: frozenset[str] = frozenset(),
    kept: tuple[type[Resource], ...] = (),
) -> list[Step]:
    """Return the steps, in the order in which they must be done.

    :param synced: ``desired`` is complete; else nothing is removed, and no shared resource is
        changed, which may hold parts of networks that are not known yet
    :param preserved: bridges of the networks of which nothing is removed
    :param kept: kinds of which nothing is removed
    """
    steps = [
        Step(Verb.ENSURE, resource, found, _blocked_by(resource, found, synced=synced))
        for resource, found in sorted(_to_ensure(desired, actual), key=_creation_order)
    ]
    if synced:
        orphans = [
            actual[key]
            for key in actual.keys() - desired.keys()
            if _is_removed(actual[key], preserved=preserved, kept=kept)
        ]
        steps += [
            Step(Verb.REMOVE, resource, resource, resource.removal_blocked_by(actual))
            for resource in sorted(orphans, key=_removal_order)
        ]
    return steps


def expected(actual: Resources, desired: Resources, steps: Iterable[Step]) -> Resources:
    """Return what a host has that had ``actual``, after all the steps were done."""
    result = dict(actual)
    removed: set[str] = set()
    for step in steps:
        if step.verb is Verb.ENSURE:
            result[step.resource.key] = step.resource
        else:
            removed.add(step.resource.key)
    implied = Management.IMPLIED
    for key, resource in desired.items():
        if resource.management is implied:
            result[key] = resource
    if removed:
        result = {
            key: resource
            for key, resource in result.items()
            if key not in removed and removed.isdisjoint(resource.vanishes_with)
        }
    return result


def _to_ensure(desired: Resources, actual: Resources) -> Iterator[tuple[Resource, Resource | None]]:
    for key, resource in desired.items():
        found = actual.get(key)
        # Identity first: what was assumed after the last pass is the same object.
        if found is not resource and found != resource and resource.management.creates:
            yield resource, found


def _creation_order(pair: tuple[Resource, Resource | None]) -> tuple[int, str]:
    return pair[0].rank, pair[0].key


def _removal_order(resource: Resource) -> tuple[int, str]:
    return -resource.rank, resource.key


def _is_removed(
    resource: Resource, *, preserved: frozenset[str], kept: tuple[type[Resource], ...]
) -> bool:
    return (
        resource.management.removes
        and resource.bridge_name not in preserved
        and not isinstance(resource, kept)
    )


def _blocked_by(resource: Resource, found: Resource | None, *, synced: bool) -> str | None:
    if not synced and resource.shared and found is not None:
        return "not all networks are known yet"
    return None


def _in_parentheses(text: str) -> str:
    return f" ({text})" if text else ""
