"""`network create` of 10.0.0.0/8 as one network, less what the command costs before it begins.

The latter is told by `cloudnet-manage version`, run by turns with it, on a database of their own.
"""

from tests.bench.commands import timed
from tests.bench.daemon import BIN
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.site import LISTING, Site

TIMES = 9
WISH = ("--label", "all", "--fixed-range-v4", "10.0.0.0/8", "--num-networks", "1")
SIZE = ("--network-size", str(2**24))


def measure(site: Site) -> list[Figure]:
    """Return the time beyond the command's start."""
    here = site.directory / "create.conf"
    here.write_text(
        f"[DEFAULT]\nstate_path = {site.directory}/create\n"
        f"[database]\nconnection = sqlite:///{site.directory}/create.sqlite\n"
    )
    program = str(BIN / "cloudnet-manage")
    manage = (program, "--config-file", str(LISTING), "--config-file", str(here))
    timed((*manage, "db", "sync"))
    start, create = [], []
    for _ in range(TIMES):
        start.append(timed((*manage, "version")))
        create.append(timed((*manage, "network", "create", *WISH, *SIZE)))
        timed((*manage, "network", "delete", "all"))
    started = percentile(milliseconds(start), 50)
    beyond = percentile(milliseconds(create), 50) - started
    samples = milliseconds(create)
    name = "network create 10.0.0.0/8, beyond the start"
    return [Figure(name, beyond, "ms", "cloudnet-manage version", started, Goal(1000), samples)]
