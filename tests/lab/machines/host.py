"""Places to run commands in: the lab's own side, a network namespace, a node with a kernel of its
own.

All are alike, so a story does not care where it runs. Every place is reached through a command
server; a namespace is a place inside another place, entered by a prefix before each command.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fixtures.isolation import is_isolated
from tests.fixtures.waiting import TimedOutError
from tests.lab.machines.session import Line, Process

SERVER = Path(__file__).with_name("command_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"


class NotIsolatedError(Exception):
    """The lab was about to touch the machine's own network."""

    def __init__(self) -> None:
        super().__init__("the lab runs only in namespaces of its own: tools/isolated COMMAND")


class CommandFailedError(AssertionError):
    """A command that had to succeed did not."""

    def __init__(self, place: str, result: "Result") -> None:
        said = (result.err or result.out).strip()
        super().__init__(f"{place}$ {' '.join(result.argv)}: status {result.status}: {said}")
        self.result = result


@dataclass(frozen=True)
class Result:
    """What came of a command."""

    argv: tuple[str, ...]
    status: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.status == 0


class Place:
    """Somewhere to run commands; `prefix` is what leads there from the line's far end."""

    def __init__(self, name: str, line: Line, prefix: Sequence[str] = ()) -> None:
        self.name = name
        self.line = line
        self.prefix = tuple(prefix)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def start(self, *argv: str, log: Path | None = None) -> Process:
        """Start a command and leave it running; its output goes to `log` as well, on the lab's
        side."""
        return self.line.start((*self.prefix, *argv), log)

    def attempt(self, *argv: str, timeout: float = 60, text: str = "") -> Result:
        """Run a command to its end and return what came of it; `text` is its standard input."""
        process = self.start(*argv)
        if process.alive:
            if text:
                process.write(text)
            process.close_input()
        try:
            status = process.wait(timeout)
        except TimedOutError:
            process.kill()
            raise
        return Result(argv, status, process.out, process.err)

    def run(self, *argv: str, timeout: float = 60, text: str = "") -> str:
        """Run a command that has to succeed and return its standard output."""
        result = self.attempt(*argv, timeout=timeout, text=text)
        if not result.ok:
            raise CommandFailedError(self.name, result)
        return result.out

    def sh(self, script: str, timeout: float = 60) -> str:
        """Run a few shell lines, stopping at the first that fails."""
        return self.run("sh", "-ec", script, timeout=timeout)

    def json(self, *argv: str) -> Any:  # JSON is whatever the command says
        """Run a command that answers in JSON, `ip -j` for one."""
        return json.loads(self.run(*argv) or "[]")

    def read(self, path: str | Path) -> str:
        return self.run("cat", str(path))

    def write(self, path: str | Path, text: str) -> None:
        """Write a file as this place sees it, making its directory."""
        self.run(
            "sh", "-ec", 'mkdir -p "$(dirname "$1")"; cat >"$1"', "write", str(path), text=text
        )

    def has_link(self, name: str) -> bool:
        return self.attempt("ip", "link", "show", "dev", name).ok


@contextlib.contextmanager
def here() -> Iterator[Place]:
    """Open the lab's own side, the isolation this process runs in."""
    if not is_isolated():
        raise NotIsolatedError
    with subprocess.Popen(
        [SYSTEM_PYTHON, "-I", "-S", str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        start_new_session=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        line = Line("the lab", server.stdout.fileno(), server.stdin.fileno())
        try:
            line.wait_until_ready(timeout=30)
            yield Place("lab", line)
        finally:
            server.stdin.close()
            server.wait(timeout=10)
