"""The program ``cloudnet-manage``.

Standard library only: ``--help`` and ``--version`` work, and a library that is missing is named,
where nothing else is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from cloudnet.common.program import run_module, run_with_output
from cloudnet.controller.manage.command_line import NAME, build_parser
from cloudnet.controller.manage.command_table import COMMANDS

_INTERRUPTED = 130  # what a shell shows for a program that SIGINT ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cloudnet-manage``."""
    words = list(sys.argv[1:] if argv is None else argv)
    return run_with_output(NAME, lambda: _run(words))


def _run(words: list[str]) -> int:
    try:
        if find_spec("cliff") is None and _print_help(words):
            return 0
        return run_module(NAME, "cloudnet.controller.manage.main", words)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _print_help(words: list[str]) -> bool:
    """Print help or the version if the words ask for that, and return whether they do."""
    parser = build_parser()
    options, rest = parser.parse_known_args(words)
    if not options.deferred_help or rest:
        return False
    parser.print_help()
    sys.stdout.write("\nCommands:\n" + "".join(f"  {name}\n" for name in COMMANDS))
    return True


if __name__ == "__main__":
    sys.exit(main())
