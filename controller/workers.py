"""Several processes of one controller: started, replaced when they die, and ended together.

The parent opens nothing and has no threads, so that a process can be forked from it at any time. It
waits for signals: SIGTERM and SIGINT end all workers, SIGHUP reaches each of them.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

LOG = logging.getLogger(__name__)

ENDING = (signal.SIGTERM, signal.SIGINT)
SIGNALS = (*ENDING, signal.SIGHUP, signal.SIGCHLD)
SHORT_LIFE = 10.0  # seconds; a worker that lived shorter is replaced after a pause
PAUSE = 2.0  # seconds
END_SECONDS = 30.0  # for all workers to end; they are killed then


@dataclass(frozen=True)
class Ends:
    """What a worker needs of its parent."""

    number: int  # 0: the first one, which has the periodic tasks
    is_start: bool  # the whole controller starts, not a worker in place of one that died
    parent: int  # a file descriptor that is at its end when the parent is gone
    ready: int  # a file descriptor to which a byte is written when calls are served

    def note_ready(self) -> None:
        """Let the parent start the next worker."""
        os.write(self.ready, b"1")

    def call_when_orphaned(self, action: Callable[[], None]) -> None:
        """Call ``action`` when the parent is gone."""

        def wait() -> None:
            os.read(self.parent, 1)
            action()

        threading.Thread(target=wait, name="parent", daemon=True).start()


@dataclass(frozen=True)
class _Worker:
    number: int
    started: float  # time.monotonic()


class Workers:
    """Starts the workers, one after the other, and keeps them running."""

    def __init__(
        self, count: int, work: Callable[[Ends], int], on_reload: Callable[[], None]
    ) -> None:
        """:param work: runs in each worker, and returns its exit status"""
        self._count = count
        self._work = work
        self._on_reload = on_reload
        self._running: dict[int, _Worker] = {}  # by pid
        self._due: dict[int, float] = {}  # number → time.monotonic() of its start
        self._is_ready = False  # the first worker has served calls
        self._deadline: float | None = None  # workers are killed then; None: they shall run
        self._alive, self._parent_end = os.pipe()
        self._ready, self._ready_end = os.pipe()
        os.set_blocking(self._ready, False)

    def run(self) -> int:
        """Run until a signal ends all workers, or the first one is refused at its start."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        self._due[0] = time.monotonic()
        status = 0
        while self._running or (self._due and self._deadline is None):
            self._start_due()
            info = signal.sigtimedwait(SIGNALS, self._get_pause_seconds())
            if info is not None and info.si_signo != signal.SIGCHLD:
                self._handle(signal.Signals(info.si_signo))
            refused = self._reap()
            if refused is not None:
                status = refused
                self._end(signal.SIGTERM)
            self._note_ready()
            if self._deadline is not None and time.monotonic() > self._deadline:
                self._send(signal.SIGKILL)
        return status

    def _get_pause_seconds(self) -> float:
        """Return how long to wait for a signal: something else may happen only at the start."""
        is_calm = self._is_ready and not self._due and self._deadline is None
        return 60.0 if is_calm else 0.2

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [number for number, moment in self._due.items() if moment <= now]:
            del self._due[number]
            self._start(number)

    def _start(self, number: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        ends = Ends(number, not self._is_ready, self._alive, self._ready_end)
        pid = os.fork()
        if pid == 0:
            self._become(ends)
        self._running[pid] = _Worker(number, time.monotonic())

    def _become(self, ends: Ends) -> None:
        """Be a worker, in the new process, until its end."""
        status = 1
        try:
            os.close(self._parent_end)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            status = self._work(ends)
        except BaseException:  # noqa: BLE001 - nothing of the parent's stack may run here
            traceback.print_exc()
        finally:
            logging.shutdown()
            sys.stderr.flush()
            os._exit(status)

    def _handle(self, number: signal.Signals) -> None:
        if number in ENDING:
            self._end(number)
        else:
            self._on_reload()
            self._send(number)

    def _end(self, number: signal.Signals) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + END_SECONDS
            self._due.clear()
            self._send(number)

    def _send(self, number: signal.Signals) -> None:
        for pid in self._running:
            os.kill(pid, number)  # it is not reaped yet, so the pid is its own

    def _reap(self) -> int | None:
        """Note which workers have ended; return the status of a first one that was refused."""
        for pid in list(self._running):
            done, wait_status = os.waitpid(pid, os.WNOHANG)
            if not done:
                continue
            worker = self._running.pop(pid)
            status = os.waitstatus_to_exitcode(wait_status)
            if self._deadline is not None:
                continue
            if not self._is_ready:
                return status if status >= 0 else 1
            self._replace(worker, pid, status)
        return None

    def _replace(self, worker: _Worker, pid: int, status: int) -> None:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        LOG.error("worker %d (pid %d): ended (%s); starting another", worker.number, pid, how)
        is_short = time.monotonic() - worker.started < SHORT_LIFE
        self._due[worker.number] = time.monotonic() + (PAUSE if is_short else 0.0)

    def _note_ready(self) -> None:
        try:
            served = bool(os.read(self._ready, 64))
        except BlockingIOError:
            return
        if served and not self._is_ready and self._deadline is None:
            self._is_ready = True
            for number in range(1, self._count):
                self._due[number] = time.monotonic()
