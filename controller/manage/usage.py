"""``usage``: how full the networks are."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage.command_kinds import ListCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


class Usage(ListCommand):
    """Show how many addresses of each network are used, reserved and free.

    total, used and free count the addresses that guests and hosts can get. reserved counts all
    addresses that are kept back, most of which guests could not get anyway.
    """

    columns = ("label", "cidr", "project_id", "total", "used", "reserved", "free", "network_uuid")

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return a row per network."""
        del args
        return session.services.fixed.list_usage()
