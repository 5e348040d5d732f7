"""``cloudnet-manage``: manage networks, addresses and hosts from a shell or a script.

Exit status: 0 done, 1 refused or failed (one line on stderr), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from cliff.app import App
from cliff.commandmanager import CommandManager

from cloudnet.common.errors import CloudnetError, ConfigurationError, format_refusal
from cloudnet.common.escape import escape_controls
from cloudnet.common.output import Output
from cloudnet.common.program import run_with_output
from cloudnet.common.usage import describe_unknown, join_or
from cloudnet.controller.manage.argument_types import dashes_for_underscores
from cloudnet.controller.manage.candidates import print_candidates
from cloudnet.controller.manage.command_line import NAME, build_parser
from cloudnet.controller.manage.commands import command_manager
from cloudnet.controller.manage.complete import Complete
from cloudnet.controller.manage.suggestions import suggest_commands


class OneLineFormatter(logging.Formatter):
    """Formats each record as one line, or a line for each error of the configuration.

    An exception that is not cloudnet's is an internal error.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        message: object = record.msg
        if isinstance(message, ConfigurationError):
            return "\n".join(map(escape_controls, format_refusal(ManageApp.NAME, message)))
        if isinstance(message, Exception) and not isinstance(message, CloudnetError):
            text = (
                f"internal error, {type(message).__name__}: {message}; "
                f"`{ManageApp.NAME} --debug …` prints the traceback"
            )
        else:
            text = record.getMessage()
        return escape_controls(f"{ManageApp.NAME}: {' '.join(text.split())}")


class ManageApp(App):
    """The program."""

    NAME = NAME

    def __init__(self, commands: CommandManager | None = None) -> None:
        super().__init__(
            description=None,
            version=None,
            command_manager=command_manager() if commands is None else commands,
            stderr=Output(sys.stderr),  # type: ignore[arg-type]  # it has what cliff uses
            deferred_help=True,  # --help after a command prints the help of that command
        )
        self.command_manager.add_command("complete", Complete)  # instead of cliff's
        self._console: logging.Handler | None = None

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, Any] | None = None,  # Any: argparse's own
    ) -> argparse.ArgumentParser:
        """Return the parser of the options before the command."""
        del description, version, argparse_kwargs
        return build_parser()

    def configure_logging(self) -> None:
        """Print errors to stderr, and more with -v; a second run replaces the first handler."""
        root = logging.getLogger()
        if self._console is not None:
            root.removeHandler(self._console)
        self._console = logging.StreamHandler(self.stderr)
        self._console.setFormatter(OneLineFormatter())
        level = {0: logging.ERROR, 1: logging.WARNING, 2: logging.INFO}
        self._console.setLevel(level.get(self.options.verbose_level, logging.DEBUG))
        root.addHandler(self._console)
        root.setLevel(logging.DEBUG if self.options.verbose_level > 2 else logging.INFO)

    def run(self, argv: list[str]) -> int:
        """Run one command and return the exit status."""
        if argv[:2] == ["complete", "--words"]:  # the rest is the command line that is completed
            return print_candidates(self, argv[2:])
        try:
            return super().run(dashes_for_underscores(argv))
        finally:
            if self._console is not None:
                logging.getLogger().removeHandler(self._console)

    def run_subcommand(self, argv: list[str]) -> int:
        """Run the command that the first words name, or print which commands are similar."""
        is_help = argv[0] == "help"
        words = argv[1:] if is_help else argv
        if self._is_command(words) or (is_help and self._is_prefix(words)):
            return super().run_subcommand(argv)
        if argv[0].startswith("-"):
            self.parser.error(describe_unknown(self.parser, argv[:1]))
        name = " ".join(words[:2])
        similar = suggest_commands(words, (name for name, _ in self.command_manager))
        hint = (
            f"did you mean {join_or([repr(each) for each in similar])}? See" if similar else "see"
        )
        self.stderr.write(f"{self.NAME}: {name!r} is not a command; {hint} `{self.NAME} --help`\n")
        return 2

    def _is_command(self, words: list[str]) -> bool:
        """Return whether the first words are the name of a command."""
        try:
            self.command_manager.find_command(words)
        except ValueError:
            return False
        return True

    def _is_prefix(self, words: list[str]) -> bool:
        """Return whether the words are the beginning of a command's name."""
        return any(name.startswith(" ".join(words)) for name, _ in self.command_manager)

    def interact(self) -> None:
        """Refuse a command line without a command: there is no interactive mode."""
        self.stderr.write(f"{self.NAME}: no command given; see `{self.NAME} --help`\n")
        raise SystemExit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cloudnet-manage``."""
    words = list(sys.argv[1:] if argv is None else argv)
    return run_with_output(NAME, lambda: ManageApp().run(words))


if __name__ == "__main__":
    sys.exit(main())
