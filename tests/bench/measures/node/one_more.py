"""One more floating IP, and one more guest, on nodes of three sizes that are measured by turns.

The processor time of a pass shows how it grows with the size, whatever else the machine does; the
elapsed time at the largest size is what a guest waits for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from cloudnet.common.wire.objects import NetworkSnapshot
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.local_agent import LocalAgent
from tests.bench.networks import Shape, add_floating_ip
from tests.bench.progress import report_progress
from tests.bench.workshop import Node, Workshop

TURNS = 21
FLOATING_IPS = (1, 100, 1000)
GUESTS = (10, 100, 1000)


@dataclass
class _Case:
    """One node of a size, its network without and with the one that comes."""

    size: int
    node: Node
    agent: LocalAgent
    fewer: NetworkSnapshot
    more: NetworkSnapshot
    store: list[float] = field(default_factory=list)  # seconds
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def run_turn(self, turn: int) -> None:
        """Add the one, which is measured, and remove it."""
        with self.node.namespace.entered():
            more = replace(self.more, revision=2 + 2 * turn)
            self.store.append(self.agent.put(more))
            times = self.agent.run_pass(read=False)
            self.cpu.append(times.cpu)
            self.wall.append(times.wall)
            self.agent.put(replace(self.fewer, revision=3 + 2 * turn))
            self.agent.run_pass(read=True)


def measure_floating_ips(workshop: Workshop) -> Iterator[Figure]:
    """Yield the times of a pass for one more floating IP."""
    shapes = {size: Shape(1, size + 1, size) for size in FLOATING_IPS}
    cases = _measure(workshop, shapes, lambda size: add_floating_ip(shapes[size].snapshot(0)))
    yield from _figures("one more floating IP at", cases, Goal(1.5, of_ratio=True), Goal(50))


def measure_guests(workshop: Workshop) -> Iterator[Figure]:
    """Yield the times of a pass for one more guest of a network."""
    shapes = {size: Shape(1, size) for size in GUESTS}
    cases = _measure(workshop, shapes, lambda size: Shape(1, size + 1).snapshot(0))
    yield from _figures("one more guest at", cases, None, None)


def _measure(
    workshop: Workshop, shapes: Mapping[int, Shape], more: Callable[[int], NetworkSnapshot]
) -> list[_Case]:
    with ExitStack() as nodes:
        cases = []
        for size, shape in shapes.items():
            node, agent = nodes.enter_context(workshop.running_node(shape, taps=False))
            cases.append(_Case(size, node, agent, shape.snapshot(0), more(size)))
        report_progress(f"{TURNS} turns on {len(cases)} nodes")
        for turn in range(TURNS):
            for case in cases:
                case.run_turn(turn)
    return cases


def _figures(
    name: str, cases: Sequence[_Case], growth: Goal | None, elapsed: Goal | None
) -> Iterator[Figure]:
    first, last = cases[0], cases[-1]
    reference = percentile(milliseconds(first.cpu), 50)
    yield _p50(f"{name} {first.size}, processor time", first.cpu)
    for case in cases[1:]:
        figure = _p50(f"{name} {case.size}, processor time", case.cpu)
        yield replace(figure, beside=f"at {first.size}", reference=reference, goal=growth)
    yield replace(_p50(f"{name} {last.size}, elapsed", last.wall), goal=elapsed)
    yield _p50(f"{name} {last.size}, stored on disk", last.store)


def _p50(what: str, seconds: Sequence[float]) -> Figure:
    samples = milliseconds(seconds)
    return Figure(f"{what}, p50", percentile(samples, 50), "ms", samples=samples)
