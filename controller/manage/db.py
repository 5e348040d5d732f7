"""``db``: create, upgrade and check the tables of the configured database."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cloudnet.common.escape import write_line
from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.cells import Cell
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand, ManageCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


class _SchemaCommand(ManageCommand):
    def get_url(self) -> str:
        """Return the URL of the configured database."""
        from cloudnet.common.settings.load import read_controller  # noqa: PLC0415 - oslo.config

        return read_controller(self.app.options.config_file, self.app.NAME).database

    def print_line(self, text: str) -> None:
        """Print a line of output."""
        self.app.stdout.write(f"{text}\n")


class Sync(_SchemaCommand):
    """Create the tables, or upgrade them to the version of this release."""

    makes_changes = True
    # MariaDB commits each change of a table by itself: there is nothing that could be rolled back.
    dry_run_help = "only compare versions, and print which upgrade would be done"

    def take_action(self, args: argparse.Namespace) -> int:
        """Create or upgrade them."""
        from cloudnet.controller.db import schema  # noqa: PLC0415 - imports Alembic

        url, head = self.get_url(), schema.get_head()
        found = schema.get_version(url)
        schema.require_known(found)
        if found == head:
            self.print_line(f"the tables are at version {head} already")
            return 0
        if not args.dry_run:
            schema.upgrade(url)
        what = "created the tables at" if found is None else f"upgraded the tables from {found} to"
        self.print_line(f"{'would have ' if args.dry_run else ''}{what} version {head}")
        return 0


class Restored(ActionCommand):
    """Record that the database was restored from a backup, before the controllers are started.

    Then no address is allocated until the hosts have reported which ones are in use.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add how long."""
        parser.add_argument(
            "--wait",
            metavar="SECONDS",
            type=argument_types.integer(1, 86400),
            default=600,
            help="the longest to wait for hosts that do not report; default: %(default)s",
        )

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Record it."""
        from cloudnet.controller.service.hosts.restored import (  # noqa: PLC0415 - database
            REPORTS,
        )

        hosts = session.services.hosts.note_restore(args.wait)
        known = (
            f"waiting for {', '.join(hosts)}, at most for {args.wait} s"
            if hosts
            else "no host is waited for: none is known in this copy"
        )
        newer = min(args.wait, REPORTS * session.settings.report_interval_seconds)
        return (
            f"noted the restore: {known}; no address is allocated in the first {newer} s of the "
            "controllers, in which newer hosts report"
        )


class Version(_SchemaCommand):
    """Print the version of the tables; print nothing if there are none."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Print it."""
        from cloudnet.controller.db import schema  # noqa: PLC0415 - imports Alembic

        del args
        found = schema.get_version(self.get_url())
        if found is not None:
            self.print_line(found)
        return 0


class Check(ListCommand):
    """Find rows that contradict each other, and tables that are not those of this release.

    Exit status 1 if anything is found. Nothing is changed.
    """

    columns = ("table", "row", "column", "problem", "remedy")

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print what is found, or one line if that is nothing."""
        mismatch = self._explain_mismatch()
        if mismatch is not None:
            self.print_note(mismatch)
            return 1
        self._found = 0
        super().run(parsed_args)
        if self._found:
            errors = "1 error" if self._found == 1 else f"{self._found} errors"
            self.print_note(f"{errors} found; each row's remedy corrects it")
        return 1 if self._found else 0

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Sequence[Cell]],
    ) -> int:
        """Print rows; print a sentence instead of a table without any."""
        rows = list(data)
        self._found = len(rows)
        if rows or parsed_args.formatter != "table":
            return super().produce_output(parsed_args, column_names, rows)
        write_line(self.app.stdout, "the tables are those of this release, and no row is wrong")
        return 0

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the differences of the tables or, if there are none, the rows that are wrong."""
        from cloudnet.controller.db import schema  # noqa: PLC0415 - imports Alembic

        del args
        differences = schema.list_differences(session.settings.database)
        if not differences:
            return session.services.consistency.list_findings()
        remedy = "undo the change of the table"
        return [
            {"table": "", "row": "", "column": "", "problem": problem, "remedy": remedy}
            for problem in differences
        ]

    def _explain_mismatch(self) -> str | None:
        from cloudnet.common.settings.load import read_controller  # noqa: PLC0415 - oslo.config
        from cloudnet.controller.db import schema  # noqa: PLC0415 - imports Alembic

        url = read_controller(self.app.options.config_file, self.app.NAME).database
        return schema.explain_mismatch(
            schema.get_version(url), schema.get_head(), schema.list_known_versions()
        )
