"""``quota``: how many addresses a project may have."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand
from cloudnet.controller.model import quotas

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session

RESOURCES = (quotas.FIXED_IPS, quotas.FLOATING_IPS)


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=argument_types.text, help="the project's id")


class Show(ListCommand):
    """Show a project's quotas and what it uses of them; -1 is unlimited."""

    columns = ("resource", "limit", "in_use", "set_for_project")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the project."""
        _add_project(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return a row per resource."""
        return session.services.quotas.list_quotas(args.project)


class Set(ActionCommand):
    """Set a project's quotas, instead of the configured defaults."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the project and an option per resource."""
        _add_project(parser)
        for resource in RESOURCES:
            parser.add_argument(
                f"--{resource.replace('_', '-')}",
                type=argument_types.quota,
                metavar="N",
                help="the most it may have; -1 or unlimited: no limit",
            )

    def require_usage(self, args: argparse.Namespace) -> None:
        """Refuse a command line without a quota."""
        if not _list_limits(args):
            options = " or ".join(f"--{resource.replace('_', '-')}" for resource in RESOURCES)
            self.refuse_usage(f"nothing to set: {options} is needed")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Set them."""
        limits = _list_limits(args)
        session.services.quotas.set_limits(args.project, limits)
        text = " ".join(f"{name}={limit}" for name, limit in limits.items())
        return f"set {text} for project {args.project}"


def _list_limits(args: argparse.Namespace) -> dict[str, int]:
    given = {name: getattr(args, name) for name in RESOURCES}
    return {name: limit for name, limit in given.items() if limit is not None}
