"""Many commits wait for one sync of the log, and none for one that began before it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudnet.controller.sharedsync import SharedSync, to_disk


class Disk:
    """A disk whose syncs begin and end when the test says so."""

    def __init__(self) -> None:
        self.begun = 0
        self.fails = False
        self._may_end = threading.Semaphore(0)
        self._begins = threading.Semaphore(0)

    def sync(self) -> None:
        self.begun += 1
        self._begins.release()
        assert self._may_end.acquire(timeout=10)
        if self.fails:
            raise OSError("no power")

    def wait_for_a_sync(self) -> None:
        assert self._begins.acquire(timeout=10)

    def end_one(self) -> None:
        self._may_end.release()


def started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_whoever_comes_during_a_sync_waits_for_the_next_and_shares_it() -> None:
    disk = Disk()
    shared = SharedSync(disk.sync)
    first = started(shared.wait)
    disk.wait_for_a_sync()
    others = [started(shared.wait) for _ in range(20)]

    disk.end_one()
    first.join(10)
    disk.wait_for_a_sync()

    assert not first.is_alive()
    assert all(other.is_alive() for other in others)
    for _ in others:
        disk.end_one()
    for other in others:
        other.join(10)
    assert not any(other.is_alive() for other in others)
    assert disk.begun < 1 + len(others)  # two, unless a thread was late to begin


def test_one_after_another_sync_each_for_itself() -> None:
    synced: list[int] = []
    shared = SharedSync(lambda: synced.append(1))

    shared.wait()
    shared.wait()

    assert len(synced) == 2


def test_a_sync_that_fails_is_no_success_for_anybody_and_the_next_tries_again() -> None:
    disk = Disk()
    disk.fails = True
    shared = SharedSync(disk.sync)
    disk.end_one()
    with pytest.raises(OSError, match="no power"):
        shared.wait()

    disk.fails = False
    disk.end_one()
    shared.wait()

    assert disk.begun == 2


def test_a_database_without_a_log_syncs_itself(tmp_path: Path) -> None:
    to_disk(tmp_path / "none-wal")
