"""``dns``: domains, and the address records in them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand
from cloudnet.controller.model import dns

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


class DomainList(ListCommand):
    """List DNS domains."""

    columns = ("domain", "scope", "availability_zone", "project_id")

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return a row per domain."""
        del args
        return session.services.dns.list_domains()


class DomainCreate(ActionCommand):
    """Create a DNS domain, or change the zone or the project of one that exists."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the domain and whose it is."""
        _add_domain(parser)
        owner = parser.add_mutually_exclusive_group()
        owner.add_argument(
            "--availability-zone",
            type=argument_types.text,
            help="a private domain: for the instances of this zone",
        )
        owner.add_argument(
            "--project-id",
            type=argument_types.text,
            help="a public domain: this project gives its floating IPs names in it",
        )
        owner.add_argument(
            "--public", action="store_true", help="a public domain that all projects may use"
        )

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Create it."""
        is_public = args.public or args.project_id is not None
        scope = dns.PUBLIC if is_public else dns.PRIVATE
        domain = dns.DnsDomain(args.domain, scope, args.availability_zone, args.project_id)
        session.services.dns.create_domain(domain)
        return f"created {scope} DNS domain {args.domain}"


class DomainDelete(ActionCommand):
    """Delete a DNS domain with its entries."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the domain."""
        _add_domain(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Delete it."""
        session.services.dns.delete_domain(args.domain)
        return f"deleted DNS domain {args.domain}"


class EntryList(ListCommand):
    """List the entries of one DNS domain, or of all."""

    columns = ("domain", "name", "address", "instance_uuid")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the filters."""
        parser.add_argument(
            "domain", nargs="?", type=argument_types.domain, help="the domain (default: all)"
        )
        parser.add_argument("--name", type=argument_types.domain, help="only this name")
        parser.add_argument("--address", type=argument_types.address, help="only this address")

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return a row per entry."""
        return session.services.dns.list_entries(args.domain, name=args.name, address=args.address)


class EntryAdd(ActionCommand):
    """Give an address a name in a DNS domain."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the name and the address."""
        _add_entry(parser)
        parser.add_argument("address", type=argument_types.host_address, help="its address")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Add it."""
        entry = dns.DnsEntry(args.domain, args.name, args.address, None)
        session.services.dns.add_entry(entry)
        return f"added {args.name}.{args.domain} with address {args.address}"


class EntrySet(ActionCommand):
    """Give a name in a DNS domain another address."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the name and the address."""
        _add_entry(parser)
        parser.add_argument("address", type=argument_types.host_address, help="its new address")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Change it."""
        session.services.dns.modify_entry(args.domain, args.name, args.address)
        return f"set {args.name}.{args.domain} to address {args.address}"


class EntryDelete(ActionCommand):
    """Delete a name from a DNS domain."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the name."""
        _add_entry(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Delete it."""
        session.services.dns.delete_entry(args.domain, args.name)
        return f"deleted {args.name}.{args.domain}"


class Push(ActionCommand):
    """Send all entries again, also those that were edited by SQL."""

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Send them."""
        del args
        session.services.dns.send_all()
        return f"sent {len(session.services.dns.list_entries())} DNS entries again"


def _add_domain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("domain", type=argument_types.domain, help="the domain's name")


def _add_entry(parser: argparse.ArgumentParser) -> None:
    _add_domain(parser)
    parser.add_argument("name", type=argument_types.domain, help="the name, without the domain")
