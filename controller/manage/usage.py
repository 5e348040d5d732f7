"""``usage``: how full the networks are."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage.command_kinds import Listing

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud


class Usage(Listing):
    """Show how many addresses of each network are used, reserved and free.

    total, used and free count the addresses that guests and hosts get theirs from; reserved counts
    every address that is kept back, most of which are not among those.
    """

    columns = ("label", "cidr", "project_id", "total", "used", "reserved", "free", "network_uuid")

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return one line for each network."""
        del args
        return cloud.fixed.list_usage()
