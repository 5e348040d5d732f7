"""The programs that are measured, as processes of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent  # where this tree's own programs are installed
PATIENCE = 60.0  # seconds
GLANCE = 0.002  # seconds between two looks: the error of what is measured by looking


class NotUpError(Exception):
    """Something that had to happen did not; the message ends with the last lines of a log."""


def wait_until(condition: Callable[[], object], what: str, timeout: float = PATIENCE) -> float:
    """Look until the condition is true; return the moment at which it was seen to be."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise NotUpError(f"{what}: not within {timeout:g} s")
        time.sleep(GLANCE)
    return time.monotonic()


class Daemon:
    """A program in the background, with its log."""

    def __init__(self, argv: Sequence[str], log: Path) -> None:
        self.log = log
        self._from = log.stat().st_size if log.exists() else 0
        self.started = time.monotonic()
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
            )

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_bytes()[self._from :].decode(errors="replace")

    def wait_until_it_says(self, text: str) -> None:
        """Wait for something in its log."""
        try:
            wait_until(lambda: text in self.output or self._process.poll() is not None, text)
        except NotUpError as error:
            raise NotUpError(f"{error}: {self._last_words()}") from None
        if text not in self.output:
            raise NotUpError(f"{self.log.stem} has ended: {self._last_words()}")

    def wait(self) -> None:
        """Wait for it to end well by itself."""
        if self._process.wait(PATIENCE) != 0:
            raise NotUpError(f"{self.log.stem} has failed: {self._last_words()}")

    def stop(self) -> None:
        """End it as an operator would."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise NotUpError(f"{self.log.stem} would not end: {self._last_words()}") from None

    @property
    def resident_megabytes(self) -> float:
        """What it has in memory, pages that it shares with others included."""
        status = Path("/proc", str(self._process.pid), "status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if "VmRSS" in line)
        return int(kilobytes) / 1024

    @property
    def processor_seconds(self) -> float:
        """How long it has kept a processor busy so far."""
        fields = Path("/proc", str(self._process.pid), "stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _last_words(self) -> str:
        return "\n".join(self.output.splitlines()[-15:])
