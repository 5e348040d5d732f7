"""The quickstart's command line; wrong usage ends with status 2."""

import argparse
import os
from pathlib import Path
from typing import NoReturn

DEFAULT_DIRECTORY = Path("/var/lib/cloudnet-quickstart")

EXIT_STATUS = """\
exit status:
  0    every check succeeded, or the request was carried out
  1    a check failed, or the request could not be carried out: one line has the reason
  2    wrong usage
  130  interrupted, and everything was taken down
--run and --shell end with the status of the command.
"""


class _Parser(argparse.ArgumentParser):
    """Reports wrong usage, and a help text that cannot be written, in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"quickstart: {message}; see `tools/quickstart --help`\n")

    def print_help(self, file: object = None) -> None:
        del file
        try:
            os.write(1, self.format_help().encode())
        except OSError as error:
            self.exit(1, f"quickstart: cannot write the output: {error.strerror}\n")


def parse(argv: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = _create_parser()
    arguments = parser.parse_args(argv)
    if arguments.run == []:
        parser.error("argument --run: expected a command")
    return arguments


def _create_parser() -> _Parser:
    parser = _Parser(
        prog="tools/quickstart",
        description="Bring up a two-node cloud, show that it works, and take it down.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--form",
        choices=["kernels", "namespaces", "nested"],
        help="what nodes are made of: machines with kernels of their own, network namespaces, or "
        "namespaces inside one such machine (default: namespaces if this kernel has 802.1Q, "
        "otherwise kernels)",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=DEFAULT_DIRECTORY,
        help=f"a new or empty directory for logs and other files (default: {DEFAULT_DIRECTORY})",
    )
    actions = parser.add_mutually_exclusive_group()
    actions.add_argument("--keep", action="store_true", help="leave the cloud up")
    actions.add_argument("--down", action="store_true", help="take down a cloud that was kept")
    actions.add_argument(
        "--shell", type=_name, metavar="NODE", help="open a shell on a node of a kept cloud"
    )
    actions.add_argument(
        "--console", type=_name, metavar="GUEST", help="open the console of a guest of a kept cloud"
    )
    actions.add_argument(
        "--run",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="run a command on the controller's host of a kept cloud; it takes all that follows",
    )
    return parser


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected a name")
    return text
