"""``cloudnet-manage``: what an operator does to networks, addresses and hosts, by hand or script.

Exit status: 0 done, 1 refused or failed (one line on stderr), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cliff.app import App

from cloudnet.common.errors import CloudnetError
from cloudnet.controller.manage.argument_types import with_dashes
from cloudnet.controller.manage.commands import manager


class OneLine(logging.Formatter):
    """Whatever is to be said, in one line; an exception that is not ours is said to be a fault."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said: object = record.msg
        if isinstance(said, Exception) and not isinstance(said, CloudnetError):
            text = (
                f"a fault of cloudnet's own, {type(said).__name__}: {said}; "
                "--debug before the command shows where"
            )
        else:
            text = record.getMessage()
        return f"{ManageApp.NAME}: {' '.join(text.split())}"


class ManageApp(App):
    """The program."""

    NAME = "cloudnet-manage"

    def __init__(self) -> None:
        super().__init__(
            description="Manage cloudnet's networks, addresses and hosts.",
            version=version("cloudnet"),
            command_manager=manager(),
            deferred_help=True,  # so that --help behind a command is about that command
        )
        self._console: logging.Handler | None = None

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, Any] | None = None,  # Any: argparse's own
    ) -> argparse.ArgumentParser:
        """Add what stands before the command."""
        own = {"prog": self.NAME, "allow_abbrev": False}
        parser = super().build_option_parser(description, version, own | (argparse_kwargs or {}))
        parser.add_argument(
            "--config-file",
            action="append",
            type=Path,
            default=[],
            metavar="FILE",
            help="configuration file; may be given more than once, the last goes before the "
            "others (default: /etc/nova/nova.conf and /etc/cloudnet/nova.conf, where they exist)",
        )
        return parser

    def configure_logging(self) -> None:
        """Send warnings to stderr, and more with -v; a second run replaces the first's."""
        root = logging.getLogger()
        if self._console is not None:
            root.removeHandler(self._console)
        self._console = logging.StreamHandler(self.stderr)
        self._console.setFormatter(OneLine())
        level = {0: logging.ERROR, 1: logging.WARNING, 2: logging.INFO}
        self._console.setLevel(level.get(self.options.verbose_level, logging.DEBUG))
        root.addHandler(self._console)
        root.setLevel(logging.DEBUG if self.options.verbose_level > 2 else logging.INFO)

    def run(self, argv: list[str]) -> int:
        """Run one command and return the exit status."""
        try:
            return super().run(with_dashes(argv))
        finally:
            if self._console is not None:
                logging.getLogger().removeHandler(self._console)

    def run_subcommand(self, argv: list[str]) -> int:
        """Run the command that the words name, or say which ones there are."""
        words = argv[1:] if argv[0] == "help" else argv
        if not self._is_known(words, in_part=argv[0] == "help"):
            near = ", ".join(repr(name) for name in self.get_fuzzy_matches(" ".join(words[:2]))[:5])
            self.stderr.write(
                f"{self.NAME}: {' '.join(words[:2])!r} is no command"
                f"{f'; near it are {near}' if near else ''}; see {self.NAME} --help\n"
            )
            return 2
        return super().run_subcommand(argv)

    def _is_known(self, words: list[str], *, in_part: bool) -> bool:
        """Say whether the words begin with a command's name, or with a part of one's."""
        try:
            self.command_manager.find_command(words)
        except ValueError:
            said = " ".join(words)
            return in_part and any(name.startswith(said) for name, _ in self.command_manager)
        return True

    def interact(self) -> None:
        """There is no shell to be in: a command is needed."""
        self.stderr.write(f"{self.NAME}: name a command; see {self.NAME} --help\n")
        raise SystemExit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cloudnet-manage``."""
    return ManageApp().run(list(sys.argv[1:] if argv is None else argv))


if __name__ == "__main__":
    sys.exit(main())
