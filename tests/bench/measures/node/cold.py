"""A node's start from what is on disk: the agent's loop until every network is in sync.

The agent's process has started already; `tools/bench start` measures that. Each start is on a
node of its own that has nothing yet. Half the size is measured by turns with the whole.
"""

import time
from collections.abc import Iterator

from tests.bench.figures import Figure, Goal, milliseconds
from tests.bench.measures.node.idle import GUESTS
from tests.bench.networks import Shape
from tests.bench.progress import report_progress
from tests.bench.workshop import Workshop

NETWORKS, MAPPINGS, SEVERAL = 200, 1000, 4
TURNS = 3


def measure_networks(workshop: Workshop) -> Iterator[Figure]:
    """Yield the times for networks with their guests."""
    each = GUESTS // NETWORKS
    yield from _figures(
        workshop,
        (f"cold, {NETWORKS} networks, {GUESTS} guests", Shape(NETWORKS, each)),
        ("half of them", Shape(NETWORKS // 2, each)),
        Goal(4000),
    )


def measure_mappings(workshop: Workshop) -> Iterator[Figure]:
    """Yield the times for NAT mappings on a few networks."""
    each = MAPPINGS // SEVERAL
    yield from _figures(
        workshop,
        (f"cold, {MAPPINGS} NAT mappings", Shape(SEVERAL, each, each)),
        ("half of them", Shape(SEVERAL, each // 2, each // 2)),
        Goal(2000),
    )


def _figures(
    workshop: Workshop, whole: tuple[str, Shape], half: tuple[str, Shape], goal: Goal
) -> Iterator[Figure]:
    report_progress(f"{whole[0]}: {TURNS} starts of it, {TURNS} of half of it")
    starts: dict[str, list[tuple[float, float]]] = {whole[0]: [], half[0]: []}
    for _ in range(TURNS):
        for name, shape in (half, whole):
            starts[name].append(_start(workshop, shape))
    elapsed, cpu = (list(each) for each in zip(*starts[whole[0]], strict=True))
    half_elapsed, half_cpu = (list(each) for each in zip(*starts[half[0]], strict=True))
    yield _beside_half(whole[0], elapsed, half_elapsed, goal)
    yield _beside_half(f"{whole[0]}, processor time", cpu, half_cpu, Goal(2.2, of_ratio=True))


def _beside_half(what: str, whole: list[float], half: list[float], goal: Goal) -> Figure:
    """Return a figure of the best turns: those that other programs disturbed least."""
    samples = milliseconds(whole)
    return Figure(what, min(samples), "ms", "half of them", min(milliseconds(half)), goal, samples)


def _start(workshop: Workshop, shape: Shape) -> tuple[float, float]:
    """Return the elapsed time, and the agent's processor time without dnsmasq's."""
    with workshop.node(shape) as node, node.namespace.entered():
        wall, cpu = time.monotonic(), time.process_time()
        node.start_agent().run_until_in_sync()
        return time.monotonic() - wall, time.process_time() - cpu
