"""Does the steps of a plan.

A step that fails stays in the plan: the steps that depend on it are blocked, all others are done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Protocol

from cloudnet.agent.node.plan import Step, Verb
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.retries import Retries
from cloudnet.common.errors import FormerKept, KernelRefused, NeedsOperator

LOG = logging.getLogger(__name__)


class Kernel(Protocol):
    """What the agent needs of its host."""

    def read(self) -> ActualState:
        """Return what the host has.

        :raises KernelRefused: it cannot be read
        """

    def ensure_each(
        self, changes: Sequence[tuple[Resource, Resource | None]]
    ) -> Iterator[Exception | None]:
        """Create resources, or change them to what is desired; yield the error of each, or None.

        A KernelRefused has one line: what, why and what to do; any other error is a bug.

        :param changes: desired resources of one kind, with the actual ones as they were last read,
            or are after the steps since then; None: absent
        """

    def remove(self, resource: Resource) -> None:
        """Remove the resource; gone already is success.

        :raises KernelRefused: with one line, as above
        """

    def has_drifted(self) -> bool:
        """Return whether something changed that the kernel sends no events for.

        Cheap: e.g. the tables' sizes and entry counts, compared with those after the last read or
        the last write of ours.
        """


def apply(steps: Iterable[Step], kernel: Kernel, retries: Retries) -> list[Step]:
    """Do the steps that can be done; return the others."""
    retries.begin_pass()
    open_steps: list[Step] = []
    missing: set[str] = set()  # keys and provided names of what was not created or changed
    # Resources of one kind do not depend on each other, so their driver gets them together.
    for _, run in groupby(
        steps, key=lambda step: (step.verb, type(step.resource), step.resource.rank)
    ):
        ready: list[Step] = []
        blocked = [_block(planned, missing) for planned in run]
        for step in blocked:
            if step.blocked_by is not None:
                retries.block(step.resource.key)
            elif retries.is_due(step.resource.key, _get_desired(step)):
                ready.append(step)
        done = _do(ready, kernel, retries)
        left = [step for step in blocked if step.resource.key not in done]
        open_steps += left
        for step in left:
            if step.verb is Verb.ENSURE:
                missing.update((step.resource.key, *step.resource.provides))
    return open_steps


def _block(step: Step, missing: set[str]) -> Step:
    """Return the step, blocked if it depends on something that is missing."""
    if step.verb is Verb.REMOVE or step.blocked_by is not None:
        return step
    lacks = sorted(missing.intersection(step.resource.depends_on))
    if not lacks:
        return step
    blocked_by = f"it depends on {', '.join(lacks)}"
    LOG.debug("%s", step.waits(blocked_by))
    return replace(step, blocked_by=blocked_by)


def _do(steps: list[Step], kernel: Kernel, retries: Retries) -> set[str]:
    """Do steps of one verb and one kind; return the keys of those that were done."""
    done: set[str] = set()
    if not steps:
        return done
    if steps[0].verb is Verb.ENSURE:
        errors = kernel.ensure_each([(step.resource, step.actual) for step in steps])
    else:
        errors = (_remove(step.resource, kernel) for step in steps)
    for step, error in zip(steps, errors, strict=True):
        if error is None:
            LOG.info("%s", step.done)
            retries.resolve(step.resource.key)
            done.add(step.resource.key)
        else:
            _record(step, error, retries)
    return done


def _remove(resource: Resource, kernel: Kernel) -> Exception | None:
    try:
        kernel.remove(resource)
    except Exception as error:  # noqa: BLE001 - logged with its stack, unless it is a refusal
        return error
    return None


def _record(step: Step, error: Exception, retries: Retries) -> None:
    """Record that a step failed; a bug in the driver of one resource does not stop the others."""
    resource = step.resource
    if isinstance(error, KernelRefused):
        # Drivers name the resource as well.
        why = str(error).removeprefix(f"{resource}: ").removeprefix(f"{resource.key}: ")
        retries.add(
            resource.key,
            step.failed(why),
            needs_operator=isinstance(error, NeedsOperator),
            former_kept=isinstance(error, FormerKept),
            desired=_get_desired(step),
        )
    else:
        why = f"a bug in cloudnet, {type(error).__name__}: {error}"
        retries.add(resource.key, step.failed(why), desired=_get_desired(step), exc_info=error)


def _get_desired(step: Step) -> Resource | None:
    return step.resource if step.verb is Verb.ENSURE else None
