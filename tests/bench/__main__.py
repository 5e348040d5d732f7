"""`tools/bench`: measure, and print the table."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.measures.all import GROUPS, MEASURES, select_measures
from tests.bench.places import Places
from tests.bench.progress import report_progress
from tests.bench.run import run_measures
from tests.bench.table import format_table


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments select; exit status 1 if a measure failed."""
    arguments = _parse(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: figures are printed
    names = select_measures(arguments.measures)
    with (
        tempfile.TemporaryDirectory(prefix="cloudnet-bench-", dir="/var/tmp") as name,
        Places(_readable(Path(name))) as places,
    ):
        outcome = run_measures({name: partial(_measure, name, places) for name in names})
        # The figures come first: what has to be stopped at the end may fail as well.
        print(format_table(outcome.figures), flush=True)
        if arguments.json is not None:
            lines = [figure.as_json() for figure in outcome.figures]
            arguments.json.write_text(json.dumps(lines, indent=1))
        if outcome.failure is not None:
            print(f"bench: failed in {outcome.failure}", file=sys.stderr)
    return 0 if outcome.failure is None else 1


def _measure(name: str, places: Places) -> Iterable[Figure]:
    report_progress(f"{name}: {MEASURES[name].title}")
    return MEASURES[name].run(places)


def _readable(directory: Path) -> Path:
    directory.chmod(0o755)  # dnsmasq reads below it as an ordinary user
    return directory


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measure how fast cloudnet is on this machine. Each figure is printed beside "
        "what it is compared with, measured in the same run, and beside its goal if it has one. "
        "Figures that were measured before a failure are printed all the same.",
        epilog=_list_measures(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "measures",
        nargs="*",
        choices=[*GROUPS, *MEASURES, []],
        metavar="measure",
        help="a measure or a group of measures; all of them if none is given",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to a file")
    return parser.parse_args(argv)


def _list_measures() -> str:
    lines = []
    for group, measures in GROUPS.items():
        lines.append(f"group {group}:")
        lines += [f"  {name:<10}{measure.title}" for name, measure in measures.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
