"""The three shapes of commands: a list of things, one thing, or a deed told in a sentence."""

from __future__ import annotations

import argparse
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cliff.command import Command
from cliff.lister import Lister
from cliff.show import ShowOne

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.controller.manage.cells import Cell, as_shown, cell
from cloudnet.controller.manage.progress import Progress

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud


class Common(Command):
    """What all our commands share."""

    columns: Sequence[str] = ()  # of what it shows; none: they are known when it is there
    changes = False  # whether it changes anything, and so has --dry-run
    dry_run = "do it in a transaction that is rolled back, and show what would be"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return cliff's parser with our options."""
        parser = super().get_parser(prog_name)
        if self.changes:
            parser.add_argument(
                "--dry-run",
                action="store_true",
                help=self.dry_run,
            )
        self.add_options(parser)
        self._parser = parser
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run it, but refuse a column that there is not before anything is done."""
        if self.columns:
            self.refuse_unknown(parsed_args, self.columns)
        return super().run(parsed_args)

    def refuse_unknown(self, args: argparse.Namespace, columns: Collection[str]) -> None:
        """End with wrong usage if the command line names a column that there is not."""
        named = (*getattr(args, "columns", ()), *getattr(args, "sort_columns", ()))
        for name in named:
            if name.lower().replace(" ", "_") not in columns:
                self._parser.error(f"there is no column {name}; there are: {', '.join(columns)}")

    def get_epilog(self) -> str:
        """Print nothing below the options: cliff would search all installed distributions."""
        return ""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own options and arguments."""

    def say(self, text: str) -> None:
        """Tell the operator something that is not output, on stderr."""
        self.app.stderr.write(f"{self.app.NAME}: {text}\n")

    @contextmanager
    def cloud(self, args: argparse.Namespace) -> Iterator[Cloud]:
        """Yield the use cases; what they changed is told to the hosts at the end."""
        module = import_module("cloudnet.controller.manage.session")
        rehearse = bool(getattr(args, "dry_run", False))
        with Progress(self.app.stderr, self.app.NAME):
            cloud: Cloud = module.Cloud(self.app.options.config_file, rehearse=rehearse)
            try:
                yield cloud
                trouble = cloud.tell()
            except DatabaseUnavailable:
                cloud.require_tables()  # has a better line if they are another version's
                raise
            finally:
                cloud.close()
        if rehearse:
            self.say("dry run: nothing was changed")
        if trouble is not None:
            self.say(trouble)


class Listing(Common, Lister):
    """A command whose answer is a list of things."""

    @abstractmethod
    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return the things, as mappings or with attributes named as the columns."""

    def take_action(self, args: argparse.Namespace) -> tuple[Sequence[str], list[list[Cell]]]:
        """Return column names and rows, as cliff wants them."""
        with self.cloud(args) as cloud:
            rows = [[cell(thing, c) for c in self.columns] for thing in self.things(cloud, args)]
        return self.columns, [[as_shown(value, args.formatter) for value in row] for row in rows]


class Showing(Common, ShowOne):
    """A command whose answer is one thing."""

    @abstractmethod
    def thing(self, cloud: Cloud, args: argparse.Namespace) -> dict[str, Any]:
        """Return the thing; Any: whatever can be made plain."""

    def take_action(self, args: argparse.Namespace) -> tuple[Sequence[str], list[Cell]]:
        """Return names and values, as cliff wants them."""
        with self.cloud(args) as cloud:
            found = self.thing(cloud, args)
        self.refuse_unknown(args, found)
        return tuple(found), [as_shown(cell(found, name), args.formatter) for name in found]


class Deed(Common):
    """A command whose answer is a sentence."""

    changes = True

    @abstractmethod
    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Do it and return what was done, in the past tense and without a full stop."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Do it and print what was done."""
        with self.cloud(args) as cloud:
            done = self.do(cloud, args)
        self.app.stdout.write(f"{'would have ' if args.dry_run else ''}{done}\n")
        return 0
