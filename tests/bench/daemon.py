"""The programs that are measured, run as daemons."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent  # where this tree's programs are installed
TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.002  # the error of every moment that is found by polling


class BenchError(Exception):
    """What is measured did not work; the message ends with the last lines of a log, if any."""


def wait_until(
    condition: Callable[[], object], what: str, timeout: float = TIMEOUT_SECONDS
) -> float:
    """Poll until the condition is true; return the moment of the poll that found it true."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"no {what} within {timeout:g} s")
        time.sleep(POLL_SECONDS)
    return time.monotonic()


class Daemon:
    """A program in the background that writes a log."""

    def __init__(self, argv: Sequence[str], log: Path) -> None:
        self.log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        self.started = time.monotonic()
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
            )

    @property
    def output(self) -> str:
        """Its log so far."""
        return self.log.read_bytes()[self._log_start :].decode(errors="replace")

    def wait_for_log(self, text: str) -> None:
        """Wait until its log has the text."""
        try:
            wait_until(lambda: text in self.output or self._process.poll() is not None, repr(text))
        except BenchError as error:
            raise BenchError(f"{error}: {self._last_lines()}") from None
        if text not in self.output:
            raise BenchError(f"{self.log.stem} ended: {self._last_lines()}")

    def wait(self) -> None:
        """Wait until it ends by itself with status 0."""
        if self._process.wait(TIMEOUT_SECONDS) != 0:
            raise BenchError(f"{self.log.stem} failed: {self._last_lines()}")

    def stop(self) -> None:
        """Stop it with SIGTERM."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise BenchError(
                f"{self.log.stem} did not end within 30 s: {self._last_lines()}"
            ) from None

    @property
    def resident_megabytes(self) -> float:
        """The memory of it and its workers; pages that they share count once."""
        return sum(_read_proportional_kilobytes(pid) for pid in self._list_pids()) / 1024

    @property
    def processor_seconds(self) -> float:
        """The processor time that it and its workers have used so far."""
        return sum(_read_ticks(pid) for pid in self._list_pids()) / os.sysconf("SC_CLK_TCK")

    def _list_pids(self) -> list[int]:
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]

    def _last_lines(self) -> str:
        return "\n".join(self.output.splitlines()[-15:])


def _read_proportional_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _read_ticks(pid: int) -> int:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return int(user) + int(system)
