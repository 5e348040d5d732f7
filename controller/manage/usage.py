"""``usage``: how full the networks are."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cloudnet.controller.manage import options
from cloudnet.controller.manage.command_kinds import ListCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


class Usage(ListCommand):
    """Show how many addresses of each network are used, resting, reserved and free.

    total, used, resting and free count the addresses that guests and hosts can get; resting ones
    are in quarantine. reserved counts all addresses that are kept back, most of which guests could
    not get anyway.
    """

    columns = (
        "label",
        "cidr",
        "project_id",
        "total",
        "used",
        "resting",
        "reserved",
        "free",
        "free_ranges",
        "network_uuid",
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the filter and the ranges."""
        parser.add_argument("--network", help=f"only this one: {options.NETWORK_HELP}")
        parser.add_argument(
            "--ranges", action="store_true", help="show the free addresses, as ranges"
        )

    def require_usage(self, args: argparse.Namespace) -> None:
        """Refuse the column of the ranges without them."""
        if "free_ranges" in args.columns and not args.ranges:
            self.refuse_usage("the column free_ranges needs --ranges")

    def get_columns(self, args: argparse.Namespace) -> Sequence[str]:
        """Return the columns, without that of the ranges unless they are asked for."""
        return [name for name in self.columns if name != "free_ranges" or args.ranges]

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return a row per network."""
        uuid = None if args.network is None else session.find_network(args.network).uuid
        return [
            row
            for row in session.services.fixed.list_detailed_usage(ranges=args.ranges)
            if uuid is None or row["network_uuid"] == uuid
        ]
