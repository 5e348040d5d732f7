"""``floating``: public addresses that point at guests."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import Deed, Listing, Showing

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud


def _ip_range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ip-range",
        type=argument_types.network,
        metavar="CIDR",
        required=True,
        help="one address, or a network whose first and last address are left out",
    )


def _floating(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", type=argument_types.address, help="the floating IP")


class List(Listing):
    """List the floating IPs."""

    columns = (
        "address",
        "pool",
        "project_id",
        "fixed_address",
        "instance_uuid",
        "host",
        "interface",
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which ones."""
        parser.add_argument("--host", help="only those that the host carries")
        parser.add_argument("--pool", help="only those of the pool")
        parser.add_argument("--project-id", metavar="PROJECT", help="only the project's")
        parser.add_argument("--free", action="store_true", help="only those without a project")

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return them, in the order they were created in."""
        return [
            vars(floating) | {"instance_uuid": instance, "fixed_address": fixed}
            for floating, instance, fixed in cloud.overview.list_floating_ips(args.host)
            if (args.pool is None or floating.pool == args.pool)
            and (args.project_id is None or floating.project_id == args.project_id)
            and not (args.free and floating.project_id is not None)
        ]


class Create(Deed):
    """Add floating IPs to a pool, all or none."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which, and where to."""
        _ip_range(parser)
        parser.add_argument(
            "--pool", type=argument_types.text, help="the pool (default: default_floating_pool)"
        )
        parser.add_argument(
            "--interface",
            type=argument_types.text,
            metavar="DEVICE",
            help="the device they are put on (default: each node's public_interface)",
        )

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Add them."""
        made = cloud.pools.create(args.ip_range, args.pool, args.interface)
        pool = args.pool or cloud.settings.default_floating_pool
        return f"created {len(made)} floating IPs, {made[0]} to {made[-1]}, in pool {pool}"


class Delete(Deed):
    """Delete a range's floating IPs, all or none; no project may have one of them."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which."""
        _ip_range(parser)

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Delete them."""
        gone = cloud.pools.delete(args.ip_range)
        return f"deleted {len(gone)} floating IPs of {args.ip_range}"


class Allocate(Showing):
    """Take a floating IP out of a pool for a project, and show which one it is."""

    columns = ("address", "pool", "project_id")
    changes = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """For whom, and from where."""
        parser.add_argument(
            "--project-id",
            type=argument_types.text,
            metavar="PROJECT",
            required=True,
            help="for whom",
        )
        parser.add_argument(
            "--pool", type=argument_types.text, help="the pool (default: default_floating_pool)"
        )

    def thing(self, cloud: Cloud, args: argparse.Namespace) -> dict[str, Any]:
        """Take it."""
        pool = args.pool or cloud.settings.default_floating_pool
        address = cloud.floating.allocate(cloud.admin, args.project_id, pool)
        return {"address": address, "pool": pool, "project_id": args.project_id}


class Release(Deed):
    """Give a floating IP back to its pool; it must point at nobody."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which."""
        _floating(parser)

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Give it back."""
        cloud.floating.deallocate(cloud.admin, args.address, affect_auto_assigned=True)
        return f"released floating IP {args.address}"


class Associate(Deed):
    """Point a floating IP at a guest, away from where it pointed."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which, and where to."""
        _floating(parser)
        parser.add_argument(
            "fixed_address", type=argument_types.address, help="the guest's address"
        )

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Point it."""
        loser = cloud.floating.associate(cloud.admin, args.address, args.fixed_address)
        away = "" if loser is None else f", away from instance {loser}"
        return f"associated floating IP {args.address} with {args.fixed_address}{away}"


class Disassociate(Deed):
    """Take a floating IP off its guest; it stays with the project."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which."""
        _floating(parser)

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Take it off."""
        cloud.floating.disassociate(cloud.admin, args.address)
        return f"disassociated floating IP {args.address}"
