"""A pass with nothing to do: the full read, the rest of the pass, and a check for drift.

The node has as many guests and floating IPs each time, on more and more networks.
"""

from collections.abc import Iterator

from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.networks import Shape
from tests.bench.workshop import Workshop

NETWORKS = (20, 100, 200)
GUESTS, FLOATING_IPS = 2000, 1000
TIMES = 15


def shape_with(networks: int) -> Shape:
    """Return the node with all guests and floating IPs on so many networks."""
    return Shape(networks, GUESTS // networks, FLOATING_IPS // networks)


def measure(workshop: Workshop) -> Iterator[Figure]:
    """Yield processor times of idle passes."""
    for networks in NETWORKS:
        shape = shape_with(networks)
        with (
            workshop.running_node(shape, taps=True) as (node, agent),
            node.namespace.entered(),
        ):
            full = [agent.run_pass(read=True) for _ in range(TIMES)]
            checks = milliseconds([agent.check_drift() for _ in range(TIMES)])
        name = f"idle pass, {networks} networks"
        read = percentile(milliseconds([each.read_cpu for each in full]), 50)
        beyond = milliseconds([each.cpu - each.read_cpu for each in full])
        reading = ("the full read", read)
        yield Figure(
            f"{name}, beyond the read", percentile(beyond, 50), "ms", *reading, Goal(5), beyond
        )
        yield Figure(f"{name}, drift check", percentile(checks, 50), "ms", *reading, samples=checks)
