"""The kinds of commands: those that list rows, show one row, or act and print a sentence.

Each command implements ``execute``. It runs in a session, which is imported only then: it brings
the database library, and ``--help`` must not wait for that.
"""

from __future__ import annotations

import argparse
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from cliff.command import Command
from cliff.lister import Lister
from cliff.show import ShowOne

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.common.escape import write_line
from cloudnet.common.request import (
    MANAGE,
    Request,
    format_arguments,
    get_user_name,
    serving,
)
from cloudnet.common.usage import exit_with_usage_error, make_one_line
from cloudnet.controller.manage.cells import Cell, format_cell, get_cell
from cloudnet.controller.manage.progress import show_progress

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


_OUTPUT_OPTIONS = frozenset(
    (
        *("formatter", "columns", "quote_mode", "noindent", "max_width", "fit_width"),
        *("print_empty", "sort_columns", "sort_direction", "variables", "prefix", "dry_run"),
    )
)


class ManageCommand(Command):
    """The base of all commands."""

    columns: Sequence[str] = ()  # of the output; (): known only after the command has run
    makes_changes = False  # True: the command has --dry-run
    dry_run_help = "run it in a transaction that is rolled back, and show what would change"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return cliff's parser with the command's own options."""
        parser = super().get_parser(prog_name)
        make_one_line(parser)
        if self.makes_changes:
            parser.add_argument("--dry-run", action="store_true", help=self.dry_run_help)
        self.add_options(parser)
        self._parser = parser
        return parser

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own options and arguments."""

    def get_epilog(self) -> str:
        """Print nothing below the options: cliff would search all installed distributions."""
        return ""

    def require_usage(self, args: argparse.Namespace) -> None:
        """Call ``refuse_usage`` if the arguments make no sense together."""

    def get_columns(self, args: argparse.Namespace) -> Sequence[str]:
        """Return the columns of the output with these arguments."""
        del args
        return self.columns

    def refuse_usage(self, message: str) -> NoReturn:
        """Exit with wrong usage."""
        exit_with_usage_error(self._parser, message)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; refuse wrong usage before it changes anything."""
        self.require_usage(parsed_args)
        columns = self.get_columns(parsed_args)
        if columns:
            self.check_columns(parsed_args, columns)
        return super().run(parsed_args)

    def check_columns(self, args: argparse.Namespace, columns: Collection[str]) -> None:
        """Exit with wrong usage if the command line names an unknown column."""
        named = (*getattr(args, "columns", ()), *getattr(args, "sort_columns", ()))
        for name in named:
            if name.lower().replace(" ", "_") not in columns:
                self.refuse_usage(f"there is no column {name}; columns: {', '.join(columns)}")

    def print_note(self, text: str) -> None:
        """Print a line that is not output to stderr."""
        write_line(self.app.stderr, f"{self.app.NAME}: {text}")

    def _describe(self, args: argparse.Namespace) -> Request:
        """Return the command as a row of the operation log has it."""
        prog = self._parser.prog
        given = {
            name: str(value)
            for name, value in vars(args).items()
            if value != self._parser.get_default(name) and name not in _OUTPUT_OPTIONS
        }
        operation = prog.partition(" ")[2] or prog
        user = get_user_name()
        return Request(MANAGE, operation, format_arguments(given), user=user)

    @contextmanager
    def open_session(self, args: argparse.Namespace) -> Iterator[Session]:
        """Yield a session, and notify the hosts of its changes at the end."""
        from cloudnet.controller.manage.session import Session  # noqa: PLC0415 - see above

        dry_run = bool(getattr(args, "dry_run", False))
        with show_progress(self.app.stderr, self.app.NAME), serving(self._describe(args)):
            session = Session(self.app.options.config_file, dry_run=dry_run)
            try:
                yield session
                failure = None if dry_run else session.notify_hosts()
            except DatabaseUnavailable:
                session.require_tables()  # explains tables of another version better
                raise
            finally:
                session.close()
        for note in session.notes:
            self.print_note(note)
        if dry_run:
            self.print_note("dry run: nothing was changed")
        if failure is not None:
            self.print_note(failure)


class ListCommand(ManageCommand, Lister):
    """A command that prints rows."""

    @abstractmethod
    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Run the command and return rows: mappings, or objects with the columns as attributes."""

    def take_action(self, args: argparse.Namespace) -> tuple[Sequence[str], list[list[Cell]]]:
        """Return column names and rows to cliff."""
        columns = self.get_columns(args)
        with self.open_session(args) as session:
            rows = [
                [get_cell(row, name) for name in columns] for row in self.execute(session, args)
            ]
        return columns, [[format_cell(cell, args.formatter) for cell in row] for row in rows]

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Cell]],
    ) -> int:
        """Print the rows; print a note instead of a table without any, which is an empty line."""
        rows = list(data)
        if rows or parsed_args.formatter != "table" or parsed_args.print_empty:
            return super().produce_output(parsed_args, column_names, rows)
        self.print_note("nothing to list")
        return 0


class ShowCommand(ManageCommand, ShowOne):
    """A command that prints one row, a column per line."""

    @abstractmethod
    def execute(self, session: Session, args: argparse.Namespace) -> dict[str, object]:
        """Run the command and return the row."""

    def take_action(self, args: argparse.Namespace) -> tuple[Sequence[str], list[Cell]]:
        """Return column names and values to cliff."""
        with self.open_session(args) as session:
            row = self.execute(session, args)
        self.check_columns(args, row)
        return tuple(row), [format_cell(get_cell(row, name), args.formatter) for name in row]


class ActionCommand(ManageCommand):
    """A command that changes something and prints what it did."""

    makes_changes = True

    @abstractmethod
    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Run the command and return what it did, e.g. ``deleted network x 10.0.0.0/22``."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Print what was done, or what would be done."""
        with self.open_session(args) as session:
            done = self.execute(session, args)
        write_line(self.app.stdout, f"{'would have ' if args.dry_run else ''}{done}")
        return 0
