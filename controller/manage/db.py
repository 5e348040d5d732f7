"""``db``: create, upgrade and check the tables of the configured database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import ActionCommand, ManageCommand

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
        session.services.hosts.note_restore(args.wait)
        return f"noted the restore: hosts are waited for, at most for {args.wait} s"


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


class Check(_SchemaCommand):
    """Compare the tables with those of this release; exit status 1 if they differ."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Print a line per difference."""
        from cloudnet.controller.db import schema  # noqa: PLC0415 - imports Alembic

        del args
        url, head = self.get_url(), schema.get_head()
        mismatch = schema.explain_mismatch(
            schema.get_version(url), head, schema.list_known_versions()
        )
        if mismatch is not None:
            self.print_note(mismatch)
            return 1
        differences = schema.list_differences(url)
        for difference in differences:
            self.print_line(difference)
        if differences:
            self.print_note(
                f"{len(differences)} differences: something other than cloudnet changed the tables"
            )
            return 1
        self.print_line(f"the tables are those of version {head}")
        return 0
