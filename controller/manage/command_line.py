"""The options before the command. Standard library only."""

from __future__ import annotations

import argparse
from pathlib import Path

from cloudnet.common.usage import OneLineParser, get_version

NAME = "cloudnet-manage"
_USAGE = f"{NAME} [--config-file FILE]... [-v | -q] [--debug] NOUN VERB [OPTION]... [ARGUMENT]..."


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the options before the command."""
    parser = OneLineParser(
        prog=NAME,
        usage=_USAGE,
        description="Manage cloudnet's networks, addresses and hosts.",
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config-file",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="configuration file; may be given more than once, later files override earlier ones "
        "(default: /etc/nova/nova.conf and /etc/cloudnet/nova.conf, if they exist)",
    )
    _add_levels(parser)
    parser.add_argument("--debug", action="store_true", help="print tracebacks of errors")
    parser.add_argument("--version", action="version", version=f"{NAME} {get_version()}")
    parser.add_argument(
        "-h",
        "--help",
        dest="deferred_help",
        action="store_true",
        help="print this help; after a command, the help of that command",
    )
    return parser


def _add_levels(parser: argparse.ArgumentParser) -> None:
    levels = parser.add_mutually_exclusive_group()
    levels.add_argument(
        "-v",
        "--verbose",
        action="count",
        dest="verbose_level",
        default=1,
        help="print INFO messages too; given twice, also DEBUG",
    )
    levels.add_argument(
        "-q",
        "--quiet",
        action="store_const",
        dest="verbose_level",
        const=0,
        help="print errors only",
    )
