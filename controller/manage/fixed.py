"""``fixed``: guests' and hosts' addresses on the networks."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import Deed, Listing

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud


class List(Listing):
    """List the addresses that are not free."""

    columns = (
        "address",
        "mac",
        "instance_uuid",
        "project_id",
        "host",
        "allocated",
        "leased",
        "reserved",
        "network_uuid",
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which ones."""
        parser.add_argument("--host", help="only those of guests on the host, and its own")
        parser.add_argument("--network", help="only those of a network: its uuid, range or label")
        parser.add_argument("--instance", metavar="UUID", help="only the instance's")

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return them."""
        network = None if args.network is None else cloud.network(args.network).uuid
        return [
            row
            for row in cloud.fixed.list_fixed_ips(args.host)
            if (network is None or row.network_uuid == network)
            and (args.instance is None or row.instance_uuid == args.instance)
        ]


class _OfAddress(Deed):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which; nova-manage's scripts name it by --address."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("address", nargs="?", type=argument_types.address, help="the address")
        which.add_argument(
            "--address", dest="named", type=argument_types.address, help=argparse.SUPPRESS
        )


class Reserve(_OfAddress):
    """Keep an address from being handed out."""

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Reserve it."""
        address = args.address or args.named
        cloud.fixed.reserve(address)
        return f"reserved {address}"


class Unreserve(_OfAddress):
    """Let a reserved address be handed out again."""

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Put it back."""
        address = args.address or args.named
        cloud.fixed.unreserve(address)
        return f"unreserved {address}"


class History(Listing):
    """Show who has held an address, the oldest first."""

    columns = ("at", "event", "mac", "instance_uuid", "project_id", "host", "network_uuid")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which."""
        parser.add_argument("address", type=argument_types.address, help="the address")

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return what happened to it."""
        return cloud.fixed.list_events(args.address)
