"""An agent's start with twenty networks, until its report has all of them in sync.

Cold: the node has nothing and nothing is on disk; the desired state comes with the controller's
reply to the first report. Warm: a restart on a node that is in sync.
"""

import sys
from statistics import median

from tests.bench.commands import time_command
from tests.bench.figures import Figure, milliseconds
from tests.bench.site import NODE, Site

NETWORKS, GUESTS = 20, 5
COLD, WARM = 3, 7
IMPORT = "import cloudnet.agent.main"


def measure(site: Site) -> list[Figure]:
    """Return both times, beside the time that Python takes to import the agent."""
    site.clear_node()
    for network in site.create_networks(NETWORKS, NODE):
        for _ in range(GUESTS):
            site.allocate(NODE, network=network)
    cold, warm, imports = [], [], []
    for _ in range(COLD):
        site.clear_node()
        cold.append(_start(site))
    for _ in range(WARM):
        site.stop_agent()
        imports.append(time_command((sys.executable, "-I", "-c", IMPORT)))
        warm.append(_start(site))
    importing = ("import of the agent", 1000 * median(imports))
    return [
        _figure("agent start, 20 networks in sync", warm, importing),
        _figure("agent start, 20 networks to build", cold, importing),
    ]


def _start(site: Site) -> float:
    agent = site.start_agent()
    return site.in_sync_at - agent.started


def _figure(what: str, taken: list[float], importing: tuple[str, float]) -> Figure:
    samples = milliseconds(taken)
    return Figure(f"{what}, median", median(samples), "ms", *importing, samples=samples)
