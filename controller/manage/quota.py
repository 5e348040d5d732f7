"""``quota``: how much a project may have."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import Deed, Listing

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud

RESOURCES = ("fixed_ips", "floating_ips")


class Show(Listing):
    """Show what a project may have and has; -1 is any number."""

    columns = ("resource", "limit", "in_use", "set_for_project")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("project", type=argument_types.text, help="the project's id")

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return a line for each resource."""
        return cloud.quotas.list_quotas(args.project)


class Set(Deed):
    """Set what a project may have, in the place of the configuration's word."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Whose, and how much of what."""
        parser.add_argument("project", type=argument_types.text, help="the project's id")
        for resource in RESOURCES:
            parser.add_argument(
                f"--{resource.replace('_', '-')}",
                type=argument_types.limit,
                metavar="N",
                help="how many; -1 or unlimited: any number",
            )

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Set it."""
        quotas = {name: getattr(args, name) for name in RESOURCES}
        given = {name: limit for name, limit in quotas.items() if limit is not None}
        cloud.quotas.set_limits(args.project, given)
        said = " ".join(f"{name}={limit}" for name, limit in given.items())
        return f"set {said or 'nothing'} for project {args.project}"
