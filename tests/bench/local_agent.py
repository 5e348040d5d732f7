"""The agent's loop in this process, with the real kernel: the bench's only tie to its modules.

It works in the network namespace that the calling thread is in.
"""

import gc
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.drivers.kernel import LinuxKernel
from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.agent.node.render import Renderer
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.reconcile import Reconciler
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.agent.status import HostStatus
from cloudnet.agent.wakeup import Wakeup
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import FixedRanges, NetworkSnapshot, ReportReply
from tests.bench.daemon import BenchError
from tests.bench.networks import HOST
from tests.fixtures.agent.snapshots import agent_settings

TIMEOUT_SECONDS = 120.0
# In place of cloudnet-dhcpbridge, which dnsmasq runs at its start once for each lease that it
# finds: with 2,000 of them, 40 s of processor time that are not the agent's.
NO_SCRIPT = Path("/bin/true")


@dataclass(frozen=True)
class PassTimes:
    """Seconds that one pass took, and what its full read took of that."""

    wall: float
    cpu: float
    read_cpu: float


class _TimedKernel(LinuxKernel):
    """The node's kernel, with a clock on its full reads."""

    read_cpu = 0.0  # seconds

    def read(self) -> ActualState:
        start = time.process_time()
        try:
            return super().read()
        finally:
            self.read_cpu += time.process_time() - start


def make_settings(state_path: Path) -> AgentSettings:
    """Return the settings of the listing's node1, with the state elsewhere."""
    settings = agent_settings(state_path)
    dhcp = replace(settings.dhcp, dhcpbridge=NO_SCRIPT)
    return replace(settings, dhcp=dhcp)


def store_snapshots(
    state_path: Path, snapshots: Iterable[NetworkSnapshot], ranges: FixedRanges
) -> None:
    """Store a complete desired state on disk, as an agent does that then ends."""
    cache = SnapshotCache(state_path / "snapshots")
    cache.load()
    store = DesiredStore(HOST, cache)
    store.put_reply(ReportReply(ranges, tuple(snapshots)))


class LocalAgent:
    """An agent that has just started with what is on disk."""

    def __init__(self, state_path: Path) -> None:
        gc.collect()
        gc.freeze()  # as the agent's main program does
        self._settings = make_settings(state_path)
        self._wakeup = Wakeup()
        cache = SnapshotCache(state_path / "snapshots")
        self._store = DesiredStore(HOST, cache, self._wakeup.desired_changed)
        self._kernel = _TimedKernel(self._settings)
        self._status = HostStatus()
        self._stop = threading.Event()
        self._loop = Reconciler(
            self._store,
            self._kernel,
            Renderer(self._settings, FirewallRenderer(self._settings.nat)),
            wakeup=self._wakeup,
            clock=time.monotonic,
            resync_seconds=self._settings.resync_seconds,
            on_pass=self._note,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kernel.close()

    def run_until_in_sync(self) -> None:
        """Run the loop, with its retries, until every network is in sync.

        :raises BenchError: some network is not in time
        """
        timer = threading.Timer(TIMEOUT_SECONDS, self._end)
        timer.start()
        self._stop.clear()
        self._loop.run(self._stop)
        timer.cancel()
        if not self._is_in_sync():
            faults = "; ".join(fault.message for fault in self._status.faults[:3])
            raise BenchError(f"not in sync within {TIMEOUT_SECONDS:g} s: {faults}")

    def run_pass(self, *, read: bool) -> PassTimes:
        """Run one pass, with a full read or on what is known.

        :raises BenchError: not all is in sync after it
        """
        self._kernel.read_cpu = 0.0
        wall, cpu = time.monotonic(), time.process_time()
        self._loop.reconcile(read=read)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        if not self._is_in_sync():
            raise BenchError(f"not in sync after a pass: {self._status.faults}")
        if not read and self._kernel.read_cpu:
            raise BenchError("the pass had to read the node")
        return PassTimes(wall, cpu, self._kernel.read_cpu)

    def check_drift(self) -> float:
        """Check what has no events; return the seconds of processor time.

        :raises BenchError: the check found a drift
        """
        start = time.process_time()
        has_drifted = self._kernel.has_drifted()
        taken = time.process_time() - start
        if has_drifted:
            raise BenchError("the host has drifted although nothing changed it")
        return taken

    def put(self, snapshot: NetworkSnapshot) -> float:
        """Take a snapshot as from a cast; return the seconds until it is on disk."""
        start = time.monotonic()
        self._store.put(snapshot)
        return time.monotonic() - start

    def _note(self, status: HostStatus) -> None:
        self._status = status
        if self._is_in_sync():
            self._end()

    def _end(self) -> None:
        self._stop.set()
        self._wakeup.host_changed()

    def _is_in_sync(self) -> bool:
        desired = {each.network: each.revision for each in self._store.desired().snapshots}
        applied = {each.network: each.revision for each in self._status.applied}
        return applied == desired and not self._status.faults
