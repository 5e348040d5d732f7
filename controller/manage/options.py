"""Options and arguments that several commands share."""

from __future__ import annotations

import argparse

from cloudnet.common import limits
from cloudnet.controller.manage import argument_types
from cloudnet.controller.model import validation

NETWORK_HELP = "a network's uuid, range or label"


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add the argument NETWORK."""
    parser.add_argument("network", type=argument_types.text, help=NETWORK_HELP)


def add_instance(parser: argparse.ArgumentParser) -> None:
    """Add the argument INSTANCE."""
    parser.add_argument("instance", type=argument_types.uuid, help="the instance's uuid")


def add_floating_ip(parser: argparse.ArgumentParser) -> None:
    """Add the argument ADDRESS, a floating IP."""
    parser.add_argument("address", type=argument_types.address, help="the floating IP")


def add_project(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Add the required option --project-id."""
    parser.add_argument(
        "--project-id",
        type=argument_types.text,
        metavar="PROJECT",
        required=True,
        help=help_text,
    )


def add_pool(parser: argparse.ArgumentParser) -> None:
    """Add the option --pool."""
    parser.add_argument(
        "--pool",
        type=argument_types.text,
        help="the pool (default: default_floating_pool)",
    )


def add_owner_filter(parser: argparse.ArgumentParser) -> None:
    """Add --project-id and --free, which select rows by their project."""
    parser.add_argument("--project-id", metavar="PROJECT", help="only those of the project")
    parser.add_argument("--free", action="store_true", help="only those without a project")


def has_owner(args: argparse.Namespace, project: str | None) -> bool:
    """Return whether :func:`add_owner_filter`'s options select a row of this project."""
    if args.free and project is not None:
        return False
    return args.project_id is None or project == args.project_id


def add_network_settings(parser: argparse.ArgumentParser) -> None:
    """Add what can be set when a network is created and afterwards."""
    parser.add_argument(
        "--dns1", type=argument_types.any_host_address, metavar="ADDRESS", help="first name server"
    )
    parser.add_argument(
        "--dns2", type=argument_types.any_host_address, metavar="ADDRESS", help="second name server"
    )
    parser.add_argument(
        "--mtu", type=argument_types.integer(*limits.MTU), metavar="BYTES", help="the MTU"
    )
    parser.add_argument(
        "--priority",
        type=argument_types.integer(*validation.PRIORITY),
        metavar="N",
        help="a number for your own use",
    )
