"""`tools/bench`: measure, and print the table."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.bench.daemon import NotUpError
from tests.bench.figures import Figure
from tests.bench.measures.control import calls, creation, lease_event, leases, memory, start
from tests.bench.site import Site
from tests.bench.table import table

MEASURES: Mapping[str, tuple[str, Callable[[Site], list[Figure]]]] = {
    "calls": ("allocate_for_instance beside a bare RPC echo", calls.measure),
    "leases": ("from the call to a lease that a guest has", leases.measure),
    "event": ("cloudnet-dhcpbridge, run as dnsmasq runs it", lease_event.measure),
    "start": ("an agent's start with 20 networks", start.measure),
    "create": ("network create of 10.0.0.0/8", creation.measure),
    "memory": ("resident memory of both daemons", memory.measure),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for; the exit status says only whether that could be done."""
    asked = _arguments(argv)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="cloudnet-bench-", dir="/var/tmp") as name:
        try:
            with Site(Path(name)) as site:
                for what in asked.what or MEASURES:
                    print(f"measuring {what}: {MEASURES[what][0]}", file=sys.stderr, flush=True)
                    figures += MEASURES[what][1](site)
        except NotUpError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    print(table(figures))
    if asked.json is not None:
        asked.json.write_text(json.dumps([figure.plain() for figure in figures], indent=1))
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measure how fast cloudnet is on this machine, and beside what.",
        epilog="; ".join(f"{name}: {what}" for name, (what, _) in MEASURES.items()),
    )
    parser.add_argument(
        "what", nargs="*", choices=[*MEASURES, []], metavar="what", help="all of it"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write samples there too")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
