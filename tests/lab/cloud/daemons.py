"""cloudnet's programs as the cloud runs them: their configuration files and their processes.

The first configuration file is the seed's listing as it stands; the second says only where the
broker and the database are and what differs from node to node.
"""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.machines.host import Place
from tests.lab.machines.session import Process

LISTING = Path(__file__).parents[3] / "etc" / "listing6.conf"


def settings_text(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Return the text of a configuration file."""
    lines = []
    for section, options in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{option} = {value}" for option, value in options.items()]
    return "\n".join([*lines, ""])


def listing_without(option: str) -> str:
    """Return the seed's listing without one of its lines."""
    lines = LISTING.read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(f"{option}="))


class ProgramEndedError(Exception):
    """A daemon that has to run does not."""


@dataclass(frozen=True)
class Program:
    """One of cloudnet's programs, as installed beside this Python, with its configuration files as
    a place sees them."""

    name: str
    config_files: tuple[Path, ...]

    def argv(self, *arguments: str) -> tuple[str, ...]:
        """Return the command; the interpreter by its own path, since shims are slow in nodes."""
        files = (word for path in self.config_files for word in ("--config-file", str(path)))
        script = Path(sys.executable).with_name(self.name)
        return (sys.executable, str(script), *files, *arguments)


class Daemon:
    """A program running in a place, which can be killed and started again."""

    def __init__(self, name: str, place: Place, program: Program, log: Path) -> None:
        self.name = name
        self.place = place
        self.program = program
        self.log = log
        self._process: Process | None = None  # None until it is started

    @property
    def process(self) -> Process:
        """The process that runs now, or ran last."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process

    def start(self) -> None:
        """Start it and return at once."""
        self._process = self.place.start(*self.program.argv(), log=self.log)

    def stop(self) -> None:
        """End it as an operator would, and see it gone."""
        status = self.process.stop()
        assert status == 0, f"{self.name} ended with status {status}: {self.last_words()}"

    def kill(self) -> None:
        """Give it no chance: kill -9."""
        self.process.kill(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """See to it that it does not outlive its cloud: the next one has the same addresses."""
        if self.process.alive:
            self.kill()

    def require(self) -> None:
        """Raise ProgramEndedError, with its last words, unless it runs."""
        if not self.process.alive:
            status = self.process.status
            raise ProgramEndedError(f"{self.name}: status {status}: {self.last_words()}")

    def wait_until_it_says(self, text: str, timeout: float) -> None:
        """Wait for something in its log (this run's)."""
        self.process.wait_until(
            lambda: text in self.process.output or not self.process.alive, f"{text!r}", timeout
        )
        if text not in self.process.output:
            self.require()

    def last_words(self, lines: int = 20) -> str:
        """Return the end of what it said."""
        return "\n".join(self.process.output.splitlines()[-lines:])

    def complaints(self) -> list[str]:
        """Return the lines of its log that an operator would look at first."""
        words = (" WARNING ", " ERROR ", " CRITICAL ", "Traceback", "Error: ")
        return [line for line in self.process.output.splitlines() if any(w in line for w in words)]
