"""Does the steps of a plan.

A step that fails stays in the plan: the steps that depend on it are blocked, all others are done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from cloudnet.agent.node.plan import Step, Verb
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.retries import Retries
from cloudnet.common.errors import KernelRefused, NeedsOperator

LOG = logging.getLogger(__name__)


class Kernel(Protocol):
    """What the agent needs of its host."""

    def read(self) -> ActualState:
        """Return what the host has.

        :raises KernelRefused: it cannot be read
        """

    def ensure(self, desired: Resource, actual: Resource | None) -> None:
        """Create the resource, or change it to what is desired.

        :param actual: as it was last read, or is after the steps since then; None: absent
        :raises KernelRefused: with one line: what, why and what to do
        """

    def remove(self, resource: Resource) -> None:
        """Remove the resource; gone already is success.

        :raises KernelRefused: as above
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
    missing: set[str] = set()  # keys of what could not be created or changed
    for planned in steps:
        step = _block(planned, missing)
        key = step.resource.key
        if step.blocked_by is not None:
            retries.block(key)
        elif retries.is_due(key) and _do(step, kernel, retries):
            continue
        open_steps.append(step)
        if step.verb is Verb.ENSURE:
            missing.add(key)
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


def _do(step: Step, kernel: Kernel, retries: Retries) -> bool:
    """Do one step; return False if it failed."""
    resource = step.resource
    try:
        if step.verb is Verb.ENSURE:
            kernel.ensure(resource, step.actual)
        else:
            kernel.remove(resource)
    except KernelRefused as error:
        # Drivers name the resource as well.
        why = str(error).removeprefix(f"{resource}: ").removeprefix(f"{resource.key}: ")
        needs_operator = isinstance(error, NeedsOperator)
        retries.add(resource.key, step.failed(why), needs_operator=needs_operator)
    except Exception as error:  # noqa: BLE001 - logged with its stack
        # A bug in the driver of one resource must not stop all others.
        why = f"a bug in cloudnet, {type(error).__name__}: {error}"
        retries.add(resource.key, step.failed(why), exc_info=True)
    else:
        LOG.info("%s", step.done)
        retries.resolve(resource.key)
        return True
    return False
