"""``host``: the nodes and their agents."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cloudnet.controller.manage.command_kinds import Listing, Showing

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud


class List(Listing):
    """List the hosts that have ever reported: whether they are up, and what they lack."""

    columns = ("host", "binary", "state", "last_seen_up", "networks", "behind", "problems")

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return them, by name."""
        del args
        return cloud.overview.list_hosts()


class Show(Showing):
    """Show one host: its state, its networks, and what it could not do."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which."""
        parser.add_argument("host", help="its name")

    def thing(self, cloud: Cloud, args: argparse.Namespace) -> dict[str, Any]:
        """Return all that is known of it."""
        return cloud.overview.get_host(args.host)
