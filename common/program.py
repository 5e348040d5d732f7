"""Start a program: signals and the command line first, then the libraries that it needs.

Standard library only, so that ``--help``, ``--version`` and wrong usage work, and a library that is
missing is named, on a machine where nothing else is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from cloudnet.common import signals
from cloudnet.common.daemon_arguments import check_arguments
from cloudnet.common.missing import describe_missing_module
from cloudnet.common.output import Output, finish


@dataclass(frozen=True)
class Daemon:
    """A daemon: its name, what it does in a line, and the module whose ``main()`` runs it."""

    name: str
    description: str
    module: str


def run_daemon(daemon: Daemon, argv: Sequence[str] | None = None) -> int:
    """Run a daemon and return its exit status."""
    signals.ignore_until_ready()
    words = list(sys.argv[1:] if argv is None else argv)

    def check_and_run() -> int:
        check_arguments(daemon.name, daemon.description, words)
        return run_module(daemon.name, daemon.module, words)

    return run_with_output(daemon.name, check_and_run)


def run_with_output(name: str, run: Callable[[], int]) -> int:
    """Call ``run`` and return its exit status, or that of output which could not be written."""
    before, output = sys.stdout, Output(sys.stdout)
    sys.stdout = output
    try:
        status = run()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        sys.stdout = before
    return finish(name, output, status)


def run_module(name: str, module: str, argv: list[str]) -> int:
    """Import a program's module, call its ``main()`` and return the exit status."""
    try:
        status: int = import_module(module).main(argv)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "cloudnet":
            raise  # a file of ours is missing: no package brings it
        sys.stderr.write(f"{name}: {describe_missing_module(error)}\n")
        return 1
    return status
