"""`network create` of 10.0.0.0/8 as one network, without the start of the command.

`cloudnet-manage version`, run by turns with it, shows what the start costs.
"""

from tests.bench.commands import time_command
from tests.bench.daemon import BIN
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.site import LISTING, Site

TIMES = 9
REQUEST = ("--label", "all", "--fixed-range-v4", "10.0.0.0/8", "--num-networks", "1")
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
    time_command((*manage, "db", "sync"))
    starts, creations = [], []
    for _ in range(TIMES):
        starts.append(time_command((*manage, "version")))
        creations.append(time_command((*manage, "network", "create", *REQUEST, *SIZE)))
        time_command((*manage, "network", "delete", "all"))
    started = percentile(milliseconds(starts), 50)
    beyond = percentile(milliseconds(creations), 50) - started
    samples = milliseconds(creations)
    name = "network create 10.0.0.0/8, beyond the start"
    return [Figure(name, beyond, "ms", "cloudnet-manage version", started, Goal(1000), samples)]
