"""``fixed``: the addresses of guests and hosts on the networks."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types, options
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session
    from cloudnet.controller.model.records import FixedIp


STATES = ("allocated", "gateway", "resting", "reserved")


def get_state(row: FixedIp) -> str:
    """Return what keeps an address from being free."""
    if row.reserved:
        return "reserved"
    if row.instance_uuid is None:
        return "gateway"
    return "allocated" if row.allocated else "resting"


class List(ListCommand):
    """List the addresses that are not free.

    Those that a network needs for itself (its first and last address, gateway and so on) are left
    out, unless --all or --state reserved is given.
    """

    columns = (
        "address",
        "state",
        "mac",
        "instance_uuid",
        "hostname",
        "project_id",
        "host",
        "allocated",
        "leased",
        "reserved",
        "reason",
        "network_uuid",
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the filters."""
        parser.add_argument("--host", help="only those of the host and its guests")
        parser.add_argument("--network", help=f"only those of a network: {options.NETWORK_HELP}")
        parser.add_argument("--instance", metavar="UUID", help="only those of the instance")
        parser.add_argument("--project-id", metavar="PROJECT", help="only those of the project")
        parser.add_argument(
            "--state",
            action="append",
            choices=STATES,
            help="only those in this state; may be given more than once",
        )
        parser.add_argument(
            "--all", action="store_true", help="also those that networks need for themselves"
        )

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the addresses."""
        network = None if args.network is None else session.find_network(args.network).uuid
        hidden = set() if args.all or args.state else _list_own_addresses(session)
        return [
            vars(row) | {"state": get_state(row)}
            for row in session.services.fixed.list_fixed_ips(args.host)
            if (network is None or row.network_uuid == network)
            and (args.instance is None or row.instance_uuid == args.instance)
            and (args.project_id is None or row.project_id == args.project_id)
            and (not args.state or get_state(row) in args.state)
            and not (row.reserved and row.address in hidden)
        ]


def _list_own_addresses(session: Session) -> set[IPv4Address | None]:
    """Return the addresses that networks need for themselves."""
    return {
        address
        for network in session.services.networks.list_networks()
        for address in network.own_addresses
    }


class _AddressAction(ActionCommand):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the address; scripts written for nova-manage give it as --address."""
        names = parser.add_mutually_exclusive_group(required=True)
        names.add_argument("address", nargs="?", type=argument_types.address, help="the address")
        names.add_argument(
            "--address",
            dest="address_option",
            type=argument_types.address,
            help=argparse.SUPPRESS,
        )

    def get_address(self, args: argparse.Namespace) -> IPv4Address:
        """Return the address, however it was given."""
        address: IPv4Address = args.address or args.address_option
        return address


class Reserve(_AddressAction):
    """Reserve an address: no guest gets it."""

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Reserve it."""
        address = self.get_address(args)
        session.services.fixed.reserve(address)
        return f"reserved {address}"


class Unreserve(_AddressAction):
    """End the reservation of an address: guests can get it again."""

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """End the reservation."""
        address = self.get_address(args)
        session.services.fixed.unreserve(address)
        return f"unreserved {address}"


class History(ListCommand):
    """Show who had an address, or which addresses an instance had, the oldest event first."""

    columns = (
        "at",
        "event",
        "address",
        "mac",
        "instance_uuid",
        "project_id",
        "host",
        "network_uuid",
        "user_id",
        "request_id",
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the address or the instance, and the time."""
        names = parser.add_mutually_exclusive_group(required=True)
        names.add_argument("address", nargs="?", type=argument_types.address, help="the address")
        names.add_argument(
            "--instance", type=argument_types.uuid, metavar="UUID", help="the instance"
        )
        parser.add_argument(
            "--at",
            type=argument_types.moment,
            metavar="TIME",
            help="only the event that says who had it then: a time in ISO 8601, by default UTC",
        )

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the events."""
        if args.instance is not None:
            return session.services.fixed.list_events_of_instance(args.instance, args.at)
        return session.services.fixed.list_events(args.address, args.at)
