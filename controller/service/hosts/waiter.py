"""Waiting until hosts report that something is applied: one thread for any number of callers.

The report may reach another controller, so the database is queried, once for all waiting callers.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cloudnet.common.deadline import get_remaining_seconds
from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model.records import SnapshotKey

LOG = logging.getLogger(__name__)

PAUSE_SECONDS = 0.03  # between two queries, while a caller waits
FINISHERS = 4  # threads that send replies: a caller that has gone delays one of them

T = TypeVar("T")


@dataclass(frozen=True)
class InstanceWired:
    """All hosts that serve an instance's VIFs have applied them."""

    instance: str


@dataclass(frozen=True)
class HostInSync:
    """A host has applied the present revisions of networks."""

    keys: tuple[SnapshotKey, ...]


Condition = InstanceWired | HostInSync


@dataclass(eq=False)
class _Wait:
    condition: Condition
    deadline: float
    finish: Callable[[bool], Any]  # Any: the reply, JSON
    future: Future[Any] = field(default_factory=Future)


class Waiter:
    """Completes a future when its condition holds, or when its time is over."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waits: list[_Wait] = []
        self._changed = threading.Condition()
        self._latest = float("inf")  # no wait lasts longer: the controller stops
        self._thread: threading.Thread | None = None
        self._finishers = ThreadPoolExecutor(FINISHERS, "finish-wait")

    def wait(self, condition: Condition, seconds: float, finish: Callable[[bool], T]) -> Future[T]:
        """Return a future of ``finish``, which is called once the condition holds.

        :param seconds: after so long it is called anyway, with False
        """
        wait = _Wait(condition, time.monotonic() + seconds, finish)
        with self._changed:
            self._waits.append(wait)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="waiter", daemon=True)
                self._thread.start()
        return wait.future

    def stop(self, seconds: float) -> None:
        """Complete all waits, the last of them after ``seconds``."""
        with self._changed:
            self._latest = time.monotonic() + seconds
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(seconds + 1)

    def close(self) -> None:
        """Stop, and end all threads."""
        self.stop(0)
        self._finishers.shutdown()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waits or self._is_stopping)
                if not self._waits:
                    self._thread = None  # the next wait starts another
                    return
                waits = list(self._waits)
            self._check(waits)
            time.sleep(PAUSE_SECONDS)

    @property
    def _is_stopping(self) -> bool:
        return self._latest < float("inf")

    def _check(self, waits: Collection[_Wait]) -> None:
        open_ = self._read_open({wait.condition for wait in waits})
        now = time.monotonic()
        for wait in waits:
            is_done = wait.condition not in open_
            if is_done or now >= min(wait.deadline, self._latest):
                with self._changed:
                    self._waits.remove(wait)
                self._finishers.submit(_finish, wait, is_done)

    def _read_open(self, conditions: Collection[Condition]) -> Collection[Condition]:
        """Return the conditions that do not hold yet; all, while the database does not answer."""
        try:
            with self._database.reading() as connection:
                return list_open(connection, conditions)
        except DatabaseUnavailable as error:
            LOG.debug("cannot read what is applied: %s", error)
        except Exception:
            LOG.exception("cannot read what is applied")
        return conditions


def list_open(connection: Connection, conditions: Collection[Condition]) -> set[Condition]:
    """Return those of the conditions that do not hold."""
    instances = [each for each in conditions if isinstance(each, InstanceWired)]
    hosts = [each for each in conditions if isinstance(each, HostInSync)]
    unwired = vif_rows.list_unwired(connection, [each.instance for each in instances])
    waiting: set[Condition] = {each for each in instances if each.instance in unwired}
    return waiting | {
        each for each in hosts if not all(_is_in_sync(connection, key) for key in each.keys)
    }


def _is_in_sync(connection: Connection, key: SnapshotKey) -> bool:
    row = host_network_rows.get(connection, key.host, key.network)
    is_applied = row is not None and row.applied_revision == row.revision
    return is_applied and not host_change_rows.has_changed(connection, key.host, key.network)


def get_limit(seconds: float) -> float:
    """Return how long to wait: no longer than the caller of this thread waits for its reply."""
    remaining = get_remaining_seconds()
    return seconds if remaining is None else min(seconds, remaining)


def _finish(wait: _Wait, is_done: bool) -> None:
    try:
        wait.future.set_result(wait.finish(is_done))
    except Exception as error:  # noqa: BLE001 - it is the reply
        wait.future.set_exception(error)
