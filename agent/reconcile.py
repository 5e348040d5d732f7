"""The loop: wait, read, plan, apply, report. The one thread that touches the kernel.

Reading takes the longest, and longer the more there is on the node. So what the controller asks for
is made at once, on what was seen last and has been done since, and looked at a moment later: who
makes something finds it right or puts it right. Nothing is taken away without looking before.

A step that fails stays wanted: it is said once with its object, what leans on it is held, the rest
goes on, and it is tried again after a growing pause.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from cloudnet.agent.desired import Inbox, Told
from cloudnet.agent.node.plan import Step, Verb, needs, plan
from cloudnet.agent.node.render import Want, translate
from cloudnet.agent.node.resources.all import (
    Bridge,
    Found,
    HandedOut,
    Item,
    Items,
    Translation,
    bridge_of,
)
from cloudnet.common.errors import KernelRefused
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import Applied, NetworkGone, Problem

LOG = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds before a failed step is tried again; doubled each time
LONGEST_PAUSE = 60.0
SECOND_LOOK = 0.3  # seconds after something was made without looking


class Kernel(Protocol):
    """What the loop needs of a node."""

    def read(self) -> Found:
        """Return what the node has.

        :raises KernelRefused: it cannot be known
        """

    def ensure(self, item: Item) -> None:
        """Make the thing be there and right.

        :raises KernelRefused: with one line that says what, why and what to do
        """

    def remove(self, item: Item) -> None:
        """Take the thing away; gone already is success."""


@dataclass(frozen=True)
class Standing:
    """What stands on this host after a round."""

    applied: tuple[Applied, ...] = ()
    gone: tuple[NetworkGone, ...] = ()  # networks of which nothing is left
    unsettled: frozenset[str] = frozenset()  # networks that stand as no revision says, or partly
    problems: tuple[Problem, ...] = ()
    leases: frozenset[HandedOut] | None = None  # None: not known
    networks: tuple[tuple[str, str], ...] = ()  # (bridge, network uuid) of the leases' bridges

    @property
    def spoken_of(self) -> frozenset[str]:
        """The networks of which anything is told."""
        settled = [applied.network for applied in self.applied]
        return self.unsettled.union(settled, [gone.network for gone in self.gone])


@dataclass(frozen=True)
class _Failure:
    """A step that failed, and when to try it again."""

    message: str
    times: int
    again: float  # on the loop's clock


class Reconciler:
    """One node's loop; ``round()`` is a whole turn and can be called by hand."""

    def __init__(
        self,
        inbox: Inbox,
        kernel: Kernel,
        settings: AgentSettings,
        *,
        clock: Callable[[], float],
        on_round: Callable[[Standing], None] = lambda standing: None,
    ) -> None:
        self._inbox = inbox
        self._kernel = kernel
        self._settings = settings
        self._clock = clock
        self._on_round = on_round
        self._failures: dict[str, _Failure] = {}
        self._said: frozenset[str] = frozenset()
        self._seen: Found | None = None  # and what was done since; None: not known well enough
        self._look_by = 0.0  # on the loop's clock
        self._spoken_of: frozenset[str] = frozenset()  # networks, when the node was seen last

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop."""
        look = True
        while not stop.is_set():
            try:
                self.round(look=look)
            except Exception:
                self._seen = None
                LOG.exception("a round failed; the next is in %.0f s", self.pause_seconds)
            look = self._inbox.wait(self.pause_seconds) or self._clock() >= self._look_by

    def round(self, *, look: bool = True) -> Standing:
        """Read, plan, apply; return what stands.

        :param look: read the node; else go by what is known of it, if that will do
        """
        told = self._inbox.told()
        now = self._clock()
        found = None if look else self._seen
        if found is not None:
            self._look_by = min(self._look_by, now + SECOND_LOOK)
            want, steps = self._planned(told, found)
            if any(step.verb is Verb.REMOVE for step in steps):
                found = None
        if found is None:
            self._look_by = now + self._settings.resync_seconds
            try:
                found = self._kernel.read()
            except KernelRefused as error:
                self._seen = None
                self._failures.clear()
                self._look_by = now + FIRST_PAUSE
                return self._blind(told, error)
            want, steps = self._planned(told, found)
        stuck = self._apply(steps)
        self._seen = None if stuck else _after(found, steps, want)
        self._forget_failures({step.item.key for step in steps})
        problems = [*want.problems, *self._problems(stuck, want)]
        self._say(
            frozenset(problem.message for problem in want.problems)
            | {f"{step} waits: {step.held}" for step in steps if step.held}
        )
        standing = _standing(told, want, found.items, stuck, problems)
        self._spoken_of = standing.spoken_of
        self._on_round(standing)
        return standing

    def _planned(self, told: Told, found: Found) -> tuple[Want, list[Step]]:
        want = translate(told.wanted, told.ranges, self._settings, found)
        steps = plan(
            want.items,
            found.items,
            whole=told.whole,
            left_alone=want.left_alone,
            release=self._settings.dhcp.force_release,
        )
        return want, steps

    def _blind(self, told: Told, error: KernelRefused) -> Standing:
        """Do nothing to a node of which nothing can be known now, and tell so."""
        line = f"cannot read what this node has: {error}"
        self._say(frozenset({line}))
        known = {snapshot.network for snapshot in told.snapshots} | self._spoken_of
        standing = Standing(unsettled=frozenset(known), problems=(Problem(None, line),))
        self._on_round(standing)
        return standing

    # -- applying ------------------------------------------------------------------------------

    def _apply(self, steps: Iterable[Step]) -> list[Step]:
        """Take the steps that can be taken; return those that are still to be taken."""
        stuck: list[Step] = []
        for step in steps:
            waits_for = {other.item.key for other in stuck if other.verb is Verb.ENSURE}
            lack = sorted(waits_for.intersection(needs(step.item)))
            if step.verb is Verb.ENSURE and lack and step.held is None:
                LOG.debug("hold: %s, until there is %s", step, ", ".join(lack))
                step = replace(step, held=f"there is no {', '.join(lack)} yet")  # noqa: PLW2901
            if step.held is not None:
                self._failures.pop(step.item.key, None)  # it is not tried, so it does not fail
                stuck.append(step)
            elif not self._take(step):
                stuck.append(step)
        return stuck

    def _take(self, step: Step) -> bool:
        key, now = step.item.key, self._clock()
        failure = self._failures.get(key)
        if failure is not None and now < failure.again:
            return False
        try:
            if step.verb is Verb.ENSURE:
                self._kernel.ensure(step.item)
            else:
                self._kernel.remove(step.item)
        except KernelRefused as error:
            message = str(error).removeprefix(f"{step.item}: ")
            if failure is None or failure.message != message:
                LOG.warning("cannot %s: %s; will try again", step, message)
        except Exception as error:
            # A fault of ours in one thing must not keep all others from being made.
            message = f"a fault of the agent's own, {type(error).__name__}: {error}"
            if failure is None or failure.message != message:
                LOG.exception("cannot %s", step)
        else:
            LOG.info("%s%s", step, " (after it had failed)" if failure else "")
            self._failures.pop(key, None)
            return True
        times = failure.times + 1 if failure else 1
        pause = min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE)
        self._failures[key] = _Failure(message, times, now + pause)
        return False

    def _forget_failures(self, steps: set[str]) -> None:
        """What is no longer to be done no longer fails."""
        for key in self._failures.keys() - steps:
            LOG.info("%s: right by now, or wanted no more", key)
            del self._failures[key]

    @property
    def pause_seconds(self) -> float:
        """How long to wait for news before something is due without."""
        now = self._clock()
        due = [failure.again - now for failure in self._failures.values()]
        return max(0.1, min([*due, self._look_by - now]))

    # -- telling -------------------------------------------------------------------------------

    def _problems(self, stuck: Iterable[Step], want: Want) -> list[Problem]:
        network_of = {key: network for network, keys in want.networks.items() for key in keys}
        return [
            Problem(
                network_of.get(step.item.key),
                f"cannot {step}: {self._failures[step.item.key].message}",
            )
            for step in stuck
            if step.item.key in self._failures
        ]

    def _say(self, lines: frozenset[str]) -> None:
        """Say what is in the way once, and once when it is over."""
        for line in sorted(lines - self._said):
            LOG.warning("%s", line)
        for line in sorted(self._said - lines):
            LOG.info("no longer so: %s", line)
        self._said = lines


def _after(found: Found, steps: Iterable[Step], want: Want) -> Found:
    """Return what the node has when all steps were taken."""
    translations = {k: item for k, item in want.items.items() if isinstance(item, Translation)}
    items = dict(found.items) | translations  # which rules make, and no step
    for step in steps:
        if step.verb is Verb.ENSURE:
            items[step.item.key] = step.item
        else:
            items.pop(step.item.key, None)
    return Found(items, found.nics)


def _standing(
    told: Told, want: Want, have: Items, stuck: list[Step], problems: list[Problem]
) -> Standing:
    failing = {step.item.key for step in stuck if step.verb is Verb.ENSURE}
    applied = [
        Applied(snapshot.network, snapshot.revision)
        for snapshot in told.wanted
        if snapshot.network in want.networks and failing.isdisjoint(want.networks[snapshot.network])
    ]
    bridges = {item.name: item.network for item in have.values() if isinstance(item, Bridge)}
    lingering = {
        bridges.get(bridge_of(step.item) or "") for step in stuck if step.verb is Verb.REMOVE
    }
    gone = [gone for gone in told.gone if told.whole and gone.network not in lingering]
    settled = {each.network for each in applied} | {each.network for each in gone}
    unknown = set(bridges.values()) - {snapshot.network for snapshot in told.snapshots}
    unsettled = {
        *(snapshot.network for snapshot in told.snapshots if snapshot.network not in settled),
        *(network for network in unknown if network in lingering or not told.whole),
    }
    leases = frozenset(item for item in have.values() if isinstance(item, HandedOut))
    return Standing(
        tuple(applied),
        tuple(gone),
        frozenset(unsettled),
        tuple(problems),
        leases,
        tuple(sorted(bridges.items())),
    )
