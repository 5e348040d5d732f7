"""What the quickstart's command line may say; wrong usage ends with status 2."""

import argparse
from pathlib import Path

HOME = Path("/var/lib/cloudnet-quickstart")

EXIT_STATUS = """\
exit status:
  0    every check held; or what was asked is done
  1    a check did not hold, or it could not be done: a line says why
  2    wrong usage
  130  interrupted, and everything was taken down
--run and --shell end with the command's own.
"""


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the wishes."""
    parser = _parser()
    wanted = parser.parse_args(argv)
    if wanted.run == []:
        parser.error("argument --run: name a command")
    return wanted


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/quickstart",
        description="Bring up the two-node cloud, show that it works, take it down.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--form",
        choices=["kernels", "namespaces", "nested"],
        help="what nodes are: machines with kernels of their own, network namespaces, or "
        "namespaces inside one such machine (default: namespaces where this kernel has 802.1Q, "
        "else kernels)",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=HOME,
        help=f"for logs and files: a new one, or an empty one (default: {HOME})",
    )
    deeds = parser.add_mutually_exclusive_group()
    deeds.add_argument("--keep", action="store_true", help="leave it up, to look around")
    deeds.add_argument("--down", action="store_true", help="take down the cloud that was kept")
    deeds.add_argument("--shell", type=_name, metavar="NODE", help="open a shell in a kept node")
    deeds.add_argument(
        "--console", type=_name, metavar="GUEST", help="sit at a kept guest's console"
    )
    deeds.add_argument(
        "--run",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="run a command on the kept controller's host; all that follows belongs to it",
    )
    return parser


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("a name is needed")
    return text
