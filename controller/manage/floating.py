"""``floating``: public addresses that are NATed to guests."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types, options
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand, ShowCommand
from cloudnet.controller.service.caller import ADMIN

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


def _add_ip_range(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ip-range",
        type=argument_types.floating_range,
        metavar="CIDR",
        required=True,
        help="one address, or a range whose first and last address are left out",
    )


class List(ListCommand):
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
        """Add the filters."""
        parser.add_argument("--host", help="only those on the host")
        parser.add_argument("--pool", help="only those of the pool")
        options.add_owner_filter(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the floating IPs, in the order of their creation."""
        return [
            vars(floating) | {"instance_uuid": instance, "fixed_address": fixed}
            for floating, instance, fixed in session.services.floating.list_with_targets(args.host)
            if (args.pool is None or floating.pool == args.pool)
            and options.has_owner(args, floating.project_id)
        ]


class Create(ActionCommand):
    """Add floating IPs to a pool: all of the range, or none if one exists already."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the range, the pool and the device."""
        _add_ip_range(parser)
        options.add_pool(parser)
        parser.add_argument(
            "--interface",
            type=argument_types.device,
            metavar="DEVICE",
            help="the device that gets the addresses (default: each node's public_interface)",
        )

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Add them."""
        created = session.services.pools.create(args.ip_range, args.pool, args.interface)
        pool = args.pool or session.settings.default_floating_pool
        return f"created {len(created)} floating IPs, {created[0]} to {created[-1]}, in pool {pool}"


class Delete(ActionCommand):
    """Delete the floating IPs of a range: all, or none if a project has one of them."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the range."""
        _add_ip_range(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Delete them."""
        deleted = session.services.pools.delete(args.ip_range)
        return f"deleted {len(deleted)} floating IPs of {args.ip_range}"


class Allocate(ShowCommand):
    """Allocate a floating IP from a pool to a project, and show it."""

    columns = ("address", "pool", "project_id")
    makes_changes = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the project and the pool."""
        options.add_project(parser, "the project that gets the floating IP")
        options.add_pool(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> dict[str, object]:
        """Allocate it."""
        pool = args.pool or session.settings.default_floating_pool
        address = session.services.floating.allocate(ADMIN, args.project_id, pool)
        return {"address": address, "pool": pool, "project_id": args.project_id}


class Release(ActionCommand):
    """Return a floating IP to its pool; it must not be associated."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the floating IP."""
        options.add_floating_ip(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Release it."""
        session.services.floating.deallocate(ADMIN, args.address, affect_auto_assigned=True)
        return f"released floating IP {args.address}"


class Associate(ActionCommand):
    """Associate a floating IP with a guest's address, instead of the one it had."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the floating and the fixed address."""
        options.add_floating_ip(parser)
        parser.add_argument(
            "fixed_address", type=argument_types.address, help="the guest's address"
        )

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Associate them."""
        previous = session.services.floating.associate(ADMIN, args.address, args.fixed_address)
        text = "" if previous is None else f" (before: instance {previous})"
        return f"associated floating IP {args.address} with {args.fixed_address}{text}"


class Disassociate(ActionCommand):
    """Disassociate a floating IP from its guest; the project keeps it."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the floating IP."""
        options.add_floating_ip(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Disassociate it."""
        session.services.floating.disassociate(ADMIN, args.address)
        return f"disassociated floating IP {args.address}"
