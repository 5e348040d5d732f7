"""cloudnet's programs as the cloud runs them: their configuration files and their processes.

The first configuration file is etc/listing6.conf, unchanged. The second names the broker and the
database and has the options that differ between nodes.
"""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.machines.host import Host
from tests.lab.machines.session import Process

LISTING = Path(__file__).parents[3] / "etc" / "listing6.conf"


def format_settings(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Return a configuration file as text."""
    lines = []
    for section, options in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{option} = {value}" for option, value in options.items()]
    return "\n".join([*lines, ""])


def listing_without(option: str) -> str:
    """Return etc/listing6.conf without one of its options."""
    lines = LISTING.read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(f"{option}="))


class ProgramEndedError(Exception):
    """A daemon that must run has ended."""


@dataclass(frozen=True)
class Program:
    """One of cloudnet's programs, as installed beside this Python, with the paths of its
    configuration files on the host where it runs."""

    name: str
    config_files: tuple[Path, ...]

    def argv(self, *arguments: str) -> tuple[str, ...]:
        """Return the command, with the path of the interpreter itself: a shim is slow in a node."""
        files = (word for path in self.config_files for word in ("--config-file", str(path)))
        script = Path(sys.executable).with_name(self.name)
        return (sys.executable, str(script), *files, *arguments)


class Daemon:
    """A program on a host, which can be killed and started again."""

    def __init__(self, name: str, host: Host, program: Program, log: Path) -> None:
        self.name = name
        self.host = host
        self.program = program
        self.log = log
        self._process: Process | None = None  # None before start()

    @property
    def process(self) -> Process:
        """The current or last process."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process

    def start(self) -> None:
        """Start it and return at once."""
        self._process = self.host.start(*self.program.argv(), log=self.log)

    def stop(self) -> None:
        """Stop it as an operator does, and wait for its end."""
        status = self.process.stop()
        assert status == 0, f"{self.name} ended with status {status}: {self.last_output()}"

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.process.kill(signal.SIGKILL)
        self.process.wait()

    def kill_if_running(self) -> None:
        """Kill it if it runs, so that it does not outlive its cloud: the next one has the same
        addresses."""
        if self.process.alive:
            self.kill()

    def require_running(self) -> None:
        """Raise ProgramEndedError, with its last output, unless it runs."""
        if not self.process.alive:
            status = self.process.status
            raise ProgramEndedError(f"{self.name}: status {status}: {self.last_output()}")

    def last_output(self, lines: int = 20) -> str:
        """Return the last lines of its output."""
        return "\n".join(self.process.output.splitlines()[-lines:])

    def list_warnings(self) -> list[str]:
        """Return the warnings and errors in its log."""
        markers = (" WARNING ", " ERROR ", " CRITICAL ", "Traceback", "Error: ")
        lines = self.process.output.splitlines()
        return [line for line in lines if any(marker in line for marker in markers)]
