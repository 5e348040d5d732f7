"""The loop: wait, read, plan, apply, report. The only thread that touches the kernel.

Reading takes longest, and the longer the more a host has. So what the controller adds is applied at
once, to the state after the last pass, and the host is read a moment later: an ``ensure`` with a
wrong assumption does no harm, because the next pass corrects it. Nothing is removed without a read
before.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from cloudnet.agent.apply import Kernel, apply
from cloudnet.agent.desired import DesiredState, DesiredStore
from cloudnet.agent.node.plan import Step, Verb, expected, plan
from cloudnet.agent.node.render import Rendered, Renderer
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.node.trials import Trials
from cloudnet.agent.retries import Retries
from cloudnet.agent.schedule import Schedule
from cloudnet.agent.status import HostStatus, Outcome, build_status, build_unreadable_status
from cloudnet.agent.wakeup import Cause, Wakeup
from cloudnet.common.errors import KernelRefused
from cloudnet.common.log_once import ConditionLog

LOG = logging.getLogger(__name__)

CONFIRM_SECONDS = 0.3  # from a pass without a read to the read that confirms it
UNREADABLE_SECONDS = 1.0  # from a read that failed to the next one
CRASHED_SECONDS = 3.0  # from a pass that a bug ended to the next one
SHORTEST_WAIT = 0.1
UNREADABLE = "cannot read the state of this host"
CRASHED = "a reconcile pass was ended"


class Need(Enum):
    """What the loop must do after a wait."""

    NOTHING = "wait again"
    PLAN = "plan from memory"
    READ = "read the host"


@dataclass(frozen=True)
class _Memory:
    """The host after a pass in which every step was done."""

    desired: DesiredState
    actual: ActualState
    trials: int  # the version of what is admitted


class Reconciler:
    """The loop of one host; ``reconcile()`` is one pass."""

    def __init__(
        self,
        store: DesiredStore,
        kernel: Kernel,
        renderer: Renderer,
        *,
        wakeup: Wakeup,
        clock: Callable[[], float],
        resync_seconds: float,
        kept: tuple[type[Resource], ...] = (),
        on_pass: Callable[[HostStatus], None] = lambda status: None,
        trials: Trials | None = None,
    ) -> None:
        """:param kept: kinds of which nothing is removed

        :param trials: takes back what cuts this host off; None: nothing is taken back
        """
        self._trials = trials
        self._store = store
        self._kernel = kernel
        self._renderer = renderer
        self._wakeup = wakeup
        self._clock = clock
        self._kept = kept
        self._on_pass = on_pass
        self._schedule = Schedule(clock, resync_seconds)
        self._retries = Retries(clock, ConditionLog(LOG))
        self._conditions = ConditionLog(LOG)  # that no retry of a step can end
        self._memory: _Memory | None = None  # None: the host must be read before the next plan
        self._status = HostStatus()

    def run(self, stop: threading.Event) -> None:
        """Reconcile until ``stop`` is set."""
        need = Need.READ
        while not stop.is_set():
            try:
                if need is not Need.NOTHING:
                    self.reconcile(read=need is Need.READ)
                need = self.check(self._wakeup.wait(self.pause_seconds))
            except Exception as error:  # noqa: BLE001 - logged with its stack
                self._record_crash(error)
                need = Need.NOTHING

    def check(self, cause: Cause) -> Need:
        """Return what must be done now that the wait is over."""
        if cause is Cause.HOST or self._schedule.is_read_due:
            return Need.READ
        if cause is Cause.DESIRED:
            return Need.PLAN
        retry_at = self._retries.next_at
        if retry_at is not None and self._clock() >= retry_at:
            return Need.READ
        if self._schedule.is_drift_check_due and self._has_drifted():
            return Need.READ
        return Need.NOTHING

    @property
    def pause_seconds(self) -> float:
        """How long to wait for a signal before something is due without one."""
        due = [self._schedule.next_at, self._retries.next_at]
        return max(SHORTEST_WAIT, min(at for at in due if at is not None) - self._clock())

    def _has_drifted(self) -> bool:
        self._schedule.record_drift_check()
        try:
            return self._kernel.has_drifted()
        except KernelRefused:
            return True  # the read reports why

    # -- one pass ------------------------------------------------------------------------------

    def reconcile(self, *, read: bool = True) -> HostStatus:
        """Do one pass and return the host's status after it.

        :param read: read the host; else plan from memory, if nothing must be removed
        """
        desired = self._store.desired()
        status = None if read else self._reconcile_from_memory(desired)
        self._status = status or self._reconcile_from_read(desired)
        self._on_pass(self._status)
        return self._status

    def _reconcile_from_memory(self, desired: DesiredState) -> HostStatus | None:
        """Return None, without having done anything, if the host must be read before."""
        if self._memory is None:
            return None
        actual = self._memory.actual
        rendered, steps = self._plan(desired, actual)
        if any(step.verb is Verb.REMOVE or _takes_over(step) for step in steps):
            return None
        self._schedule.read_within(CONFIRM_SECONDS)
        return self._apply(desired, actual, rendered, steps)

    def _reconcile_from_read(self, desired: DesiredState) -> HostStatus:
        self._schedule.record_read()
        try:
            actual = self._kernel.read()
        except KernelRefused as error:
            return self._give_up(desired, error)
        if self._memory == _Memory(desired, actual, self._admitted_version) and desired.synced:
            return self._status
        return self._apply(desired, actual, *self._plan(desired, actual))

    def _plan(self, desired: DesiredState, actual: ActualState) -> tuple[Rendered, list[Step]]:
        rendered = self._render(desired, actual)
        steps = plan(
            rendered.resources,
            actual.resources,
            synced=desired.synced,
            preserved=rendered.preserved,
            kept=self._kept,
        )
        return rendered, steps

    def _render(self, desired: DesiredState, actual: ActualState) -> Rendered:
        if self._trials is None:
            return self._renderer.render(desired.networks, desired.ranges, actual, desired.dns)
        admitted = self._trials.admit(desired.networks)
        rendered = self._renderer.render(admitted, desired.ranges, actual, desired.dns)
        faults = self._trials.list_faults()
        taken_back = {fault.network for fault in faults}
        return replace(
            rendered,
            networks={u: each for u, each in rendered.networks.items() if u not in taken_back},
            faults=(*faults, *rendered.faults),
        )

    @property
    def _admitted_version(self) -> int:
        return 0 if self._trials is None else self._trials.version

    def _apply(
        self, desired: DesiredState, actual: ActualState, rendered: Rendered, steps: list[Step]
    ) -> HostStatus:
        version = self._admitted_version
        open_steps = apply(steps, self._kernel, self._retries)
        if self._trials is not None:
            self._trials.record_pass()
        self._retries.keep_only({step.resource.key for step in steps})
        self._log_conditions(rendered, steps)
        if open_steps:
            self._memory = None  # a step that failed may have been done in part
        else:
            after = expected(actual.resources, rendered.resources, steps)
            actual = replace(actual, resources=after)
            self._memory = _Memory(desired, actual, version)
        return build_status(
            Outcome(
                desired,
                rendered,
                actual.resources,
                open_steps,
                self._retries.messages,
                actual.host_ranges,
            )
        )

    def _give_up(self, desired: DesiredState, error: KernelRefused) -> HostStatus:
        """Change nothing on a host that cannot be read."""
        self._memory = None
        self._retries.clear()
        self._schedule.read_within(UNREADABLE_SECONDS)
        line = f"{UNREADABLE}: {error}"
        self._conditions.start(UNREADABLE, line)
        return build_unreadable_status(desired, self._status, line)

    def _record_crash(self, error: Exception) -> None:
        """Log and report that a bug ended the pass: the host may agree with nothing."""
        line = f"{CRASHED} by a bug in cloudnet ({type(error).__name__}: {error}); retrying"
        self._conditions.start(CRASHED, line, exc_info=error)
        self._memory = None
        self._schedule.read_within(CRASHED_SECONDS)
        self._status = build_unreadable_status(self._store.desired(), self._status, line)
        self._on_pass(self._status)

    def _log_conditions(self, rendered: Rendered, steps: list[Step]) -> None:
        """Log what keeps the host from the desired state, once each."""
        lines = {fault.subject: fault.line for fault in rendered.faults}
        for step in steps:
            if step.blocked_by is not None:  # by the plan; not by a step that failed
                lines[step.resource.key] = step.waits(step.blocked_by)
        self._conditions.update(lines)


def _takes_over(step: Step) -> bool:
    """Return whether a link changes its owner; guests of the old one may have come meanwhile."""
    return step.actual is not None and step.actual.owner != step.resource.owner
