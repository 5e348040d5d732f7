"""Hosts to run commands on: the lab's own host, a network namespace, a node with its own kernel.

All have the same interface, so that a test does not depend on what a host is made of. Every host is
reached through a command server; a namespace is a host inside another one, entered by a prefix
before each command.
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
from tests.lab.machines.session import Process, Session

SERVER = Path(__file__).with_name("command_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"


class NotIsolatedError(Exception):
    """The lab was started outside of an isolation and would change the machine's own network."""

    def __init__(self) -> None:
        super().__init__("the lab runs only in namespaces of its own: tools/isolated COMMAND")


class CommandFailedError(AssertionError):
    """A command that had to succeed failed."""

    def __init__(self, host: str, result: "Result") -> None:
        output = (result.err or result.out).strip()
        super().__init__(f"{host}$ {' '.join(result.argv)}: status {result.status}: {output}")
        self.result = result


@dataclass(frozen=True)
class Result:
    """The exit status and output of a command."""

    argv: tuple[str, ...]
    status: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.status == 0


class Host:
    """Runs commands; `prefix` leads from the far end of the session to this host."""

    def __init__(self, name: str, session: Session, prefix: Sequence[str] = ()) -> None:
        self.name = name
        self.session = session
        self.prefix = tuple(prefix)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def start(self, *argv: str, log: Path | None = None) -> Process:
        """Start a command and leave it running.

        :param log: a file on the lab's host that gets a copy of the output
        """
        return self.session.start((*self.prefix, *argv), log)

    def attempt(self, *argv: str, timeout: float = 60, text: str = "") -> Result:
        """Run a command to its end, with `text` as its standard input, and return the result."""
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
        """Run a few shell lines and stop at the first that fails."""
        return self.run("sh", "-ec", script, timeout=timeout)

    def json(self, *argv: str) -> Any:  # any JSON
        """Run a command that prints JSON, for example `ip -j`, and return it decoded."""
        return json.loads(self.run(*argv) or "[]")

    def read(self, path: str | Path) -> str:
        return self.run("cat", str(path))

    def write(self, path: str | Path, text: str) -> None:
        """Write a file on this host; create its directory."""
        self.run(
            "sh", "-ec", 'mkdir -p "$(dirname "$1")"; cat >"$1"', "write", str(path), text=text
        )

    def has_link(self, name: str) -> bool:
        return self.attempt("ip", "link", "show", "dev", name).ok


@contextlib.contextmanager
def open_lab_host() -> Iterator[Host]:
    """Open the lab's own host: the isolation that this process runs in."""
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
        session = Session("the lab's host", server.stdout.fileno(), server.stdin.fileno())
        try:
            session.wait_until_ready(timeout=30)
            yield Host("lab", session)
        finally:
            server.stdin.close()
            server.wait(timeout=10)
