"""Changes on trial: a change after which the way to the broker is lost is taken back.

A network whose bridge, NIC, range or address is new is on trial for half a minute. If reports get
no reply in that time and the broker's host cannot be reached either, the host goes back to what it
had. A broker or a controller that is merely down is no reason: then its host still answers.

What was taken back is not applied again, also after a restart, until it differs. Only if the
controller stays away for another minute was the change not the cause; then it is applied again.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Protocol

from cloudnet.agent.node.render_network import RenderFault
from cloudnet.common.wire.objects import NetworkSnapshot, Topology

LOG = logging.getLogger(__name__)

TRIAL_SECONDS = 30.0
FRESH_SECONDS = 10.0  # after a reply the controller counts as reached; a report may hang longer
RETURN_SECONDS = 60.0  # a controller that is back so soon was lost because of the change
PROBES = 2  # that must fail
WHY = (
    "taken back: the way to the broker was lost after it was applied; it is applied again when its "
    "bridge, NIC, range or address changes, or when it is deleted and created"
)


@dataclass(frozen=True)
class _Trial:
    """A network that has changed."""

    network: NetworkSnapshot
    before: NetworkSnapshot | None  # None: the host did not have it
    applied_at: float | None = None  # None: not applied yet


@dataclass(frozen=True)
class _TakenBack:
    """A change that is not applied."""

    label: str
    shape: str
    before: NetworkSnapshot | None
    at: float
    is_cause: bool = False  # the controller was back soon afterwards


class TrialMemory(Protocol):
    """A text that is kept when the agent ends."""

    def read(self) -> str:
        """Return the text; empty if there is none."""

    def write(self, text: str) -> None:
        """Replace the text, if possible: without it, a restart applies a change once more."""


class Trials:
    """The changes on trial and those taken back. Thread-safe."""

    def __init__(
        self,
        memory: TrialMemory,
        clock: Callable[[], float],
        is_open: Callable[[Sequence[IPv4Network]], bool],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """:param is_open: whether the broker's host answers, and is in none of these ranges"""
        self._memory = memory
        self._text = ""  # as it was stored
        self._clock = clock
        self._is_open = is_open
        self._on_change = on_change
        self._lock = threading.RLock()
        self._is_reached = False  # the last report got a reply
        self._replied_at = clock()  # the last reply, or the start
        self._lost = 0  # probes in a row
        self._admitted: dict[str, NetworkSnapshot] = {}
        self._trials: dict[str, _Trial] = {}
        self._taken_back: dict[str, _TakenBack] = {}
        self._unconfirmed: dict[str, str] = {}  # network → shape; on trial when the agent ended
        self.version = 0  # grows when another state is admitted
        self._load()

    def admit(self, networks: Iterable[NetworkSnapshot]) -> list[NetworkSnapshot]:
        """Return what is to be applied: for a change that was taken back, what was before."""
        with self._lock:
            desired = {network.network: network for network in networks}
            known = set(self._trials) | set(self._taken_back) | set(self._admitted)
            for gone in known - desired.keys():
                for each in (self._trials, self._taken_back, self._admitted):
                    each.pop(gone, None)
            admitted = [self._admit(network) for network in desired.values()]
            self._admitted = {each.network: each for each in admitted if each is not None}
            self._store()
            return list(self._admitted.values())

    def _admit(self, network: NetworkSnapshot) -> NetworkSnapshot | None:
        uuid, shape = network.network, _shape(network)
        taken = self._taken_back.get(uuid)
        if taken is not None and taken.shape == shape:
            return taken.before
        self._taken_back.pop(uuid, None)
        before = self._admitted.get(uuid)
        is_new = before is None or _shape(before) != shape
        is_open = self._is_reached or self._unconfirmed.get(uuid) == shape
        if is_new and is_open and network.topology is not Topology.FLAT:
            on_trial = self._trials.get(uuid)
            self._trials[uuid] = _Trial(network, on_trial.before if on_trial else before)
        self._unconfirmed.pop(uuid, None)
        return network

    def record_pass(self) -> None:
        """Begin the trial of each change that was applied."""
        with self._lock:
            now = self._clock()
            for uuid, trial in self._trials.items():
                if trial.applied_at is None:
                    self._trials[uuid] = replace(trial, applied_at=now)

    def record_report(self, *, replied: bool) -> None:
        """Record whether a report got a reply."""
        with self._lock:
            self._is_reached = replied
            if not replied:
                return
            now, is_lifted = self._clock(), False
            self._replied_at = now
            for uuid, taken in list(self._taken_back.items()):
                if taken.is_cause:
                    continue
                if now - taken.at <= RETURN_SECONDS:
                    self._taken_back[uuid] = replace(taken, is_cause=True)
                else:
                    del self._taken_back[uuid]
                    self.version += 1
                    is_lifted = True
            self._store()
        if is_lifted:
            self._on_change()

    def check(self) -> bool:
        """Confirm or take back what is on trial; return whether something is."""
        with self._lock:
            applied = {u: each for u, each in self._trials.items() if each.applied_at is not None}
            is_fresh = self._clock() - self._replied_at <= FRESH_SECONDS
            is_reached = self._is_reached and is_fresh
        if not applied:
            return False
        ranges = [trial.network.cidr for trial in applied.values()]
        if is_reached or self._is_open(ranges):
            self._lost = 0
            self._confirm(applied)
            return True
        self._lost += 1
        if self._lost >= PROBES:
            self._take_back(applied)
        return True

    def list_faults(self) -> list[RenderFault]:
        """Return a fault for each change that was taken back."""
        with self._lock:
            return [
                RenderFault(uuid, f"network {taken.label}", WHY)
                for uuid, taken in self._taken_back.items()
            ]

    def _confirm(self, applied: dict[str, _Trial]) -> None:
        with self._lock:
            for uuid, trial in applied.items():
                age = self._clock() - (trial.applied_at or 0.0)
                if age >= TRIAL_SECONDS and self._trials.get(uuid) == trial:
                    del self._trials[uuid]
            self._store()

    def _take_back(self, applied: dict[str, _Trial]) -> None:
        with self._lock:
            for uuid, trial in applied.items():
                self._trials.pop(uuid, None)
                network = trial.network
                self._taken_back[uuid] = _TakenBack(
                    network.label, _shape(network), trial.before, self._clock()
                )
                LOG.warning("network %s: %s", network.label, WHY)
            self._lost = 0
            self.version += 1
            self._store()
        self._on_change()

    def _store(self) -> None:
        """Write what the agent needs after a restart."""
        state = {
            "unconfirmed": self._unconfirmed
            | {uuid: _shape(trial.network) for uuid, trial in self._trials.items()},
            "taken_back": {
                uuid: [taken.label, taken.shape, taken.is_cause]
                for uuid, taken in self._taken_back.items()
            },
        }
        text = json.dumps(state)
        if text != self._text:
            self._text = text
            self._memory.write(text)

    def _load(self) -> None:
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            state = json.loads(self._memory.read())
            now = self._clock()
            self._unconfirmed = {str(u): str(shape) for u, shape in state["unconfirmed"].items()}
            self._taken_back = {
                str(uuid): _TakenBack(str(label), str(shape), None, now, bool(is_cause))
                for uuid, (label, shape, is_cause) in state["taken_back"].items()
            }


def _shape(network: NetworkSnapshot) -> str:
    """Return the properties of a network that can cut the host off from the broker."""
    parts = (
        network.topology.value,
        network.bridge,
        network.vlan,
        network.bridge_interface,
        network.cidr,
        network.host_address,
    )
    return " ".join(map(str, parts))
