"""``host``: the nodes and their agents."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand, ShowCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


class List(ListCommand):
    """List all hosts that report or are named: whether they are up, in sync, without faults."""

    columns = ("host", "binary", "state", "disabled", "last_seen_up", "networks", "stale", "faults")

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return a row per program on each host, by name of the host."""
        del args
        return session.services.overview.list_hosts()


class Show(ShowCommand):
    """Show the programs, networks and faults of one host."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the host."""
        parser.add_argument("host", help="the host's name")

    def execute(self, session: Session, args: argparse.Namespace) -> dict[str, object]:
        """Return what is known about the host."""
        return session.services.overview.get_host(args.host)


class Accept(ActionCommand):
    """Let the next answer of this database through on a host that refuses it.

    The host then has what the database says, whatever that removes. Its guests that the database
    does not have keep their addresses and are served; see `fixed list` and `fixed unreserve`.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the hosts."""
        hosts = parser.add_mutually_exclusive_group(required=True)
        hosts.add_argument("host", nargs="?", help="the host's name")
        hosts.add_argument("--all", action="store_true", help="all hosts that refuse its answers")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Record the acceptance; the reply to the host's next report carries it."""
        hosts = session.services.agents.accept(None if args.all else [args.host])
        if not hosts:
            return "accepted no host: none refuses the answers of this database"
        return f"accepted host {', '.join(hosts)}; each obeys from its next report"


class Disable(ActionCommand):
    """Give a host no new guests; the ones that it has are served as before."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the host and the reason."""
        parser.add_argument("host", help="the host's name")
        add_reason(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Disable it."""
        session.services.administration.disable(args.host, args.reason)
        return f"disabled host {args.host}: it gets no new guests"


class Enable(ActionCommand):
    """Give a host new guests again."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the host."""
        parser.add_argument("host", help="the host's name")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Enable it."""
        session.services.administration.enable(args.host)
        return f"enabled host {args.host}"


class Drain(ListCommand):
    """Disable a host, and list what must be moved from it and how; nothing is listed at the end."""

    makes_changes = True
    columns = ("kind", "network", "address", "instance", "remedy")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the host and the reason."""
        parser.add_argument("host", help="the host's name")
        add_reason(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Disable it and return a row for each guest and each gateway."""
        return session.services.administration.drain(args.host, args.reason)


class Forget(ActionCommand):
    """Remove a host that does not come back, and free its own addresses."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the host."""
        parser.add_argument("host", help="the host's name")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Remove it."""
        freed = session.services.administration.forget(args.host)
        addresses = ", ".join(map(str, freed))
        return f"removed host {args.host}" + (f"; freed {addresses}" if freed else "")


def add_reason(parser: argparse.ArgumentParser) -> None:
    """Add the option that says why a host is disabled."""
    parser.add_argument(
        "--reason", type=argument_types.text, help="why, for `host list` and refused callers"
    )
