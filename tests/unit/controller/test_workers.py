"""The workers of a controller, as real processes that do nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.waiting import wait_for

PROGRAM = """
import os, signal, sys, time
from cloudnet.controller.workers import Workers

def write(*words):
    # One call for a line: an unbuffered print writes the words of several processes in turn.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def work(ends):
    signal.signal(signal.SIGHUP, lambda *_: write("reload", ends.number))
    ends.call_when_orphaned(lambda: os._exit(0))
    if {refused}:
        return 3
    write("pid", ends.number, ends.is_start, os.getpid())
    ends.note_ready()
    time.sleep(600)

sys.exit(Workers({count}, work, lambda: write("reload parent")).run())
"""


class Running:
    """A parent with its workers, and the lines that they print."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def lines(self) -> list[str]:
        return self._output.read_text().splitlines()

    def wait_for(self, count: int, start: str) -> list[str]:
        """Return the lines that begin with a text as soon as there are so many."""

        def found() -> list[str]:
            return [line for line in self.lines if line.startswith(start)]

        return wait_for(lambda: len(found()) >= count and found(), f"{count} lines", 60) or []


@contextmanager
def running(path: Path, count: int, *, refused: bool = False) -> Iterator[Running]:
    output = path / "output"
    program = PROGRAM.format(count=count, refused=refused)
    with output.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=stream)
        try:
            yield Running(process, output)
        finally:
            process.kill()  # its workers notice that, and end
            process.wait()


def is_running(pid: int) -> bool:
    try:
        return f"{Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]}" != "Z"
    except OSError:
        return False


def test_all_workers_run_and_only_the_first_one_is_the_start(tmp_path: Path) -> None:
    with running(tmp_path, 3) as parent:
        lines = parent.wait_for(3, "pid")

    assert sorted(line.rpartition(" ")[0] for line in lines) == [
        "pid 0 True",
        "pid 1 False",
        "pid 2 False",
    ]


def test_sigterm_ends_all_workers_and_then_the_parent(tmp_path: Path) -> None:
    with running(tmp_path, 2) as parent:
        pids = [int(line.split()[-1]) for line in parent.wait_for(2, "pid")]
        parent.process.send_signal(signal.SIGTERM)
        status = parent.process.wait(60)

    assert status == 0
    assert not any(map(is_running, pids))


def test_sighup_reaches_the_parent_and_each_worker(tmp_path: Path) -> None:
    with running(tmp_path, 2) as parent:
        parent.wait_for(2, "pid")
        parent.process.send_signal(signal.SIGHUP)
        lines = parent.wait_for(3, "reload")

    assert sorted(lines) == ["reload 0", "reload 1", "reload parent"]


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, 2) as parent:
        first = {line.split()[1]: line for line in parent.wait_for(2, "pid")}
        os.kill(int(first["0"].split()[-1]), signal.SIGKILL)
        lines = parent.wait_for(3, "pid")

    assert lines[-1].startswith("pid 0 False ")


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    with running(tmp_path, 2) as parent:
        pids = [int(line.split()[-1]) for line in parent.wait_for(2, "pid")]
        parent.process.kill()
        parent.process.wait()

        wait_for(lambda: not any(map(is_running, pids)), "the end of the workers", 60)


def test_a_first_worker_that_is_refused_ends_the_parent_with_its_status(tmp_path: Path) -> None:
    with running(tmp_path, 2, refused=True) as parent:
        assert parent.process.wait(60) == 3


LATE = """
import os, signal, sys, time
from cloudnet.controller.workers import Workers

def work(ends):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(1, f"pid {ends.number}\\n".encode())
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(0.5)
    ends.note_ready()
    time.sleep(1)
    return 0

sys.exit(Workers(2, work, lambda: None).run())
"""


def test_no_worker_is_started_after_the_end_was_requested() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LATE], stdout=subprocess.PIPE, timeout=60, check=True
    )

    assert ended.stdout.splitlines() == [b"pid 0"]
