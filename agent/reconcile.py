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

from cloudnet.agent.desired import DesiredState, DesiredStore
from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.agent.node.plan import Step, Verb, expected, plan
from cloudnet.agent.node.render import Rendered, render
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.base import Resource, Resources
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.errors import KernelRefused
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import Applied, Fault, NetworkGone

LOG = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds before a failed step is tried again; doubled each time
LONGEST_PAUSE = 60.0
SECOND_LOOK = 0.3  # seconds after something was made without looking


class Kernel(Protocol):
    """What the loop needs of a node."""

    def read(self) -> ActualState:
        """Return what the node has.

        :raises KernelRefused: it cannot be known
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


@dataclass(frozen=True)
class HostStatus:
    """What stands on this host after a round."""

    applied: tuple[Applied, ...] = ()
    gone: tuple[NetworkGone, ...] = ()  # networks of which nothing is left
    unsettled: frozenset[str] = frozenset()  # networks that stand as no revision says, or partly
    faults: tuple[Fault, ...] = ()
    leases: frozenset[Lease] | None = None  # None: not known
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
        store: DesiredStore,
        kernel: Kernel,
        settings: AgentSettings,
        *,
        clock: Callable[[], float],
        on_pass: Callable[[HostStatus], None] = lambda standing: None,
    ) -> None:
        self._store = store
        self._kernel = kernel
        self._settings = settings
        self._firewall = FirewallRenderer(settings.nat)
        self._clock = clock
        self._on_round = on_pass
        self._failures: dict[str, _Failure] = {}
        self._said: frozenset[str] = frozenset()
        self._seen: ActualState | None = (
            None  # and what was done since; None: not known well enough
        )
        self._look_by = 0.0  # on the loop's clock
        self._spoken_of: frozenset[str] = frozenset()  # networks, when the node was seen last

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop."""
        look = True
        while not stop.is_set():
            try:
                self.reconcile(look=look)
            except Exception:
                self._seen = None
                LOG.exception("a round failed; the next is in %.0f s", self.pause_seconds)
            look = self._store.wait(self.pause_seconds) or self._clock() >= self._look_by

    def reconcile(self, *, look: bool = True) -> HostStatus:
        """Read, plan, apply; return what stands.

        :param look: read the node; else go by what is known of it, if that will do
        """
        desired = self._store.desired()
        now = self._clock()
        found = None if look else self._seen
        if found is not None:
            self._look_by = min(self._look_by, now + SECOND_LOOK)
            want, steps = self._planned(desired, found)
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
                return self._blind(desired, error)
            want, steps = self._planned(desired, found)
        stuck = self._apply(steps)
        self._seen = (
            None
            if stuck
            else replace(found, resources=expected(found.resources, want.resources, steps))
        )
        self._forget_failures({step.resource.key for step in steps})
        faults = [*want.faults, *self._problems(stuck, want)]
        self._say(
            frozenset(fault.message for fault in want.faults)
            | {step.waits(step.blocked_by) for step in steps if step.blocked_by}
        )
        standing = _standing(desired, want, found.resources, stuck, faults)
        self._spoken_of = standing.spoken_of
        self._on_round(standing)
        return standing

    def _planned(self, desired: DesiredState, found: ActualState) -> tuple[Rendered, list[Step]]:
        want = render(desired.wanted, desired.ranges, self._settings, found, self._firewall)
        steps = plan(
            want.resources,
            found.resources,
            synced=desired.synced,
            preserved=want.preserved,
            kept=() if self._settings.dhcp.force_release else (Lease,),
        )
        return want, steps

    def _blind(self, desired: DesiredState, error: KernelRefused) -> HostStatus:
        """Do nothing to a node of which nothing can be known now, and tell so."""
        line = f"cannot read what this node has: {error}"
        self._say(frozenset({line}))
        known = {snapshot.network for snapshot in desired.snapshots} | self._spoken_of
        standing = HostStatus(unsettled=frozenset(known), faults=(Fault(None, line),))
        self._on_round(standing)
        return standing

    # -- applying ------------------------------------------------------------------------------

    def _apply(self, steps: Iterable[Step]) -> list[Step]:
        """Take the steps that can be taken; return those that are still to be taken."""
        stuck: list[Step] = []
        for step in steps:
            waits_for = {other.resource.key for other in stuck if other.verb is Verb.ENSURE}
            lack = sorted(waits_for.intersection(step.resource.depends_on))
            if step.verb is Verb.ENSURE and lack and step.blocked_by is None:
                step = replace(step, blocked_by=f"there is no {', '.join(lack)}")  # noqa: PLW2901
                LOG.debug("%s", step.waits(step.blocked_by or ""))
            if step.blocked_by is not None:
                self._failures.pop(step.resource.key, None)  # it is not tried, so it does not fail
                stuck.append(step)
            elif not self._take(step):
                stuck.append(step)
        return stuck

    def _take(self, step: Step) -> bool:
        key, now = step.resource.key, self._clock()
        failure = self._failures.get(key)
        if failure is not None and now < failure.again:
            return False
        try:
            if step.verb is Verb.ENSURE:
                self._kernel.ensure(step.resource, step.actual)
            else:
                self._kernel.remove(step.resource)
        except KernelRefused as error:
            message = _reason(step.resource, error)
            if failure is None or failure.message != message:
                LOG.warning("%s; retrying", step.failed(message))
        except Exception as error:
            # A fault of ours in one thing must not keep all others from being made.
            message = f"a bug in cloudnet, {type(error).__name__}: {error}"
            if failure is None or failure.message != message:
                LOG.exception("%s; retrying", step.failed(message))
        else:
            LOG.info("%s", step.done)
            if failure is not None:
                LOG.info("%s: resolved", key)
            self._failures.pop(key, None)
            return True
        times = failure.times + 1 if failure else 1
        pause = min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE)
        self._failures[key] = _Failure(message, times, now + pause)
        return False

    def _forget_failures(self, steps: set[str]) -> None:
        """What is no longer to be done no longer fails."""
        for key in self._failures.keys() - steps:
            LOG.info("%s: resolved", key)
            del self._failures[key]

    @property
    def pause_seconds(self) -> float:
        """How long to wait for news before something is due without."""
        now = self._clock()
        due = [failure.again - now for failure in self._failures.values()]
        return max(0.1, min([*due, self._look_by - now]))

    # -- telling -------------------------------------------------------------------------------

    def _problems(self, stuck: Iterable[Step], want: Rendered) -> list[Fault]:
        network_of = {key: network for network, keys in want.networks.items() for key in keys}
        return [
            Fault(
                network_of.get(step.resource.key),
                step.failed(self._failures[step.resource.key].message),
            )
            for step in stuck
            if step.resource.key in self._failures
        ]

    def _say(self, lines: frozenset[str]) -> None:
        """Say what is in the way once, and once when it is over."""
        for line in sorted(lines - self._said):
            LOG.warning("%s", line)
        for line in sorted(self._said - lines):
            LOG.info("no longer so: %s", line)
        self._said = lines


def _reason(resource: Resource, error: KernelRefused) -> str:
    """Return the error without the name of the resource, which the line has already."""
    return str(error).removeprefix(f"{resource}: ").removeprefix(f"{resource.key}: ")


def _standing(
    desired: DesiredState, want: Rendered, actual: Resources, stuck: list[Step], faults: list[Fault]
) -> HostStatus:
    failing = {step.resource.key for step in stuck if step.verb is Verb.ENSURE}
    applied = [
        Applied(snapshot.network, snapshot.revision)
        for snapshot in desired.wanted
        if snapshot.network in want.networks and failing.isdisjoint(want.networks[snapshot.network])
    ]
    bridges = {
        resource.name: resource.network
        for resource in actual.values()
        if isinstance(resource, Bridge)
    }
    lingering = {
        bridges.get(step.resource.bridge_name or "") for step in stuck if step.verb is Verb.REMOVE
    }
    gone = [gone for gone in desired.gone if desired.synced and gone.network not in lingering]
    settled = {each.network for each in applied} | {each.network for each in gone}
    unknown = set(bridges.values()) - {snapshot.network for snapshot in desired.snapshots}
    unsettled = {
        *(snapshot.network for snapshot in desired.snapshots if snapshot.network not in settled),
        *(network for network in unknown if network in lingering or not desired.synced),
    }
    leases = frozenset(resource for resource in actual.values() if isinstance(resource, Lease))
    return HostStatus(
        tuple(applied),
        tuple(gone),
        frozenset(unsettled),
        tuple(faults),
        leases,
        tuple(sorted(bridges.items())),
    )
