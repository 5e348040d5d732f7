"""``db``: the tables themselves."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cloudnet.controller.manage.command_kinds import Common

if TYPE_CHECKING:
    from cloudnet.controller.manage.tables import Tables


class _OnTables(Common):
    def tables(self) -> Tables:
        """Return the tables of the configured database."""
        module = import_module("cloudnet.controller.manage.tables")
        files: list[Path] = self.app.options.config_file
        found: Tables = module.Tables(files)
        return found


class Sync(_OnTables):
    """Make the tables, or bring them to the form that this version works with."""

    changes = True
    # MariaDB commits each change of a table by itself: there is nothing that could be rolled back.
    dry_run = "only compare versions, and say from which to which the tables would be brought"

    def take_action(self, args: argparse.Namespace) -> int:
        """Do it, and say from where to where."""
        tables = self.tables()
        before, head = tables.start(), tables.head()
        if before == head:
            self.app.stdout.write(f"the tables are at {head} already\n")
            return 0
        if not args.dry_run:
            tables.upgrade()
        done = "would have brought" if args.dry_run else "brought"
        self.app.stdout.write(f"{done} the tables from {before or 'nothing'} to {head}\n")
        return 0


class Version(_OnTables):
    """Print which form the tables have; nothing is printed when there are none."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Print it."""
        del args
        current = self.tables().current()
        if current is not None:
            self.app.stdout.write(f"{current}\n")
        return 0


class Check(_OnTables):
    """Compare the tables with what this version works with; exit status 1 if they differ."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Print each difference on a line of its own."""
        del args
        tables = self.tables()
        trouble = tables.trouble()
        if trouble is not None:
            self.say(trouble)
            return 1
        differences = tables.differences()
        for difference in differences:
            self.app.stdout.write(f"{difference}\n")
        if differences:
            self.say(f"{len(differences)} differences; the tables were changed by somebody else")
            return 1
        self.app.stdout.write(f"the tables are as they should be, at {tables.head()}\n")
        return 0
