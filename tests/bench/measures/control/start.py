"""An agent's start with twenty networks, to the report in which all of them stand.

Cold: the node has nothing and the agent remembers nothing; all comes from the controller's answer
to its first report. Warm: a restart on a node where all stands already.
"""

import sys
from statistics import median

from tests.bench.commands import timed
from tests.bench.figures import Figure, milliseconds
from tests.bench.site import NODE, Site

NETWORKS, GUESTS = 20, 5
COLD, WARM = 3, 7
IMPORT = "import cloudnet.agent.main"


def measure(site: Site) -> list[Figure]:
    """Return both times, with the time that Python takes to import the agent told apart."""
    site.take_node_down()
    for network in site.networks(NETWORKS, NODE):
        for _ in range(GUESTS):
            site.allocate(NODE, network=network)
    cold, warm, imports = [], [], []
    for _ in range(COLD):
        site.take_node_down()
        cold.append(_start(site))
    for _ in range(WARM):
        site.stop_agent()
        imports.append(timed((sys.executable, "-I", "-c", IMPORT)))
        warm.append(_start(site))
    importing = ("importing it", 1000 * median(imports))
    return [
        _figure("agent start, all 20 networks stand", warm, importing),
        _figure("agent start, 20 networks to build", cold, importing),
    ]


def _start(site: Site) -> float:
    agent = site.start_agent()
    return site.settled_at - agent.started


def _figure(what: str, taken: list[float], importing: tuple[str, float]) -> Figure:
    samples = milliseconds(taken)
    return Figure(f"{what}, median", median(samples), "ms", *importing, samples=samples)
