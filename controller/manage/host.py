"""``host``: the nodes and their agents."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage.command_kinds import ListCommand, ShowCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


class List(ListCommand):
    """List all hosts that have ever reported: whether they are up, in sync and without faults."""

    columns = ("host", "binary", "state", "last_seen_up", "networks", "stale", "faults")

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return a row per program on each host, by name of the host."""
        del args
        return session.services.overview.list_hosts()


class Show(ShowCommand):
    """Show the programs, networks and faults of one host."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the host."""
        parser.add_argument("host", help="the host's name")

    def execute(self, session: Session, args: argparse.Namespace) -> dict[str, object]:
        """Return what is known about the host."""
        return session.services.overview.get_host(args.host)
