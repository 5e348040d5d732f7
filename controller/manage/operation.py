"""``operation``: who changed what, by RPC or with this program."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import ListCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session

MOST = 1_000_000


class List(ListCommand):
    """List the last calls and commands that changed something, the oldest first."""

    columns = (
        "at",
        "source",
        "operation",
        "arguments",
        "user_id",
        "project_id",
        "request_id",
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add how many, and the filter."""
        parser.add_argument(
            "--last",
            type=argument_types.integer(1, MOST),
            default=100,
            metavar="N",
            help="how many (default: 100)",
        )
        parser.add_argument("--request-id", metavar="ID", help="only those of the request")

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the operations."""
        return session.services.operations.list_last(args.last, args.request_id)
