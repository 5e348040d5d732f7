"""Callers of one network beside callers of twenty, and beside a bare RPC echo, on each database."""

import itertools
from collections.abc import Iterator

from tests.bench.callers import Call, call_at_once
from tests.bench.databases import run_controller
from tests.bench.figures import Figure, Goal
from tests.bench.measures.control.calls import run_echo
from tests.bench.site import Site
from tests.fixtures.controller.databases import KINDS

NETWORKS = 20
CALLERS = (1, 8, 64)
ROUNDS, SECONDS = 3, 2.0


def measure(site: Site) -> Iterator[Figure]:
    """Yield the rates of all databases."""
    with run_echo(site) as echo:
        for kind in KINDS:
            yield from _measure(site, kind, echo)


def _measure(site: Site, kind: str, echo: Call) -> Iterator[Figure]:
    with run_controller(site, kind) as controller:
        for number in range(NETWORKS + 1):
            controller.create_network("one" if number == 0 else f"project{number}", number)
        turns = itertools.cycle(range(1, NETWORKS + 1))
        calls: dict[str, Call] = {
            "echo": echo,
            "one network": lambda: controller.allocate("one"),
            "twenty networks": lambda: controller.allocate(f"project{next(turns)}"),
        }
        for callers in CALLERS:
            rates: dict[str, list[float]] = {name: [] for name in calls}
            for _, name in itertools.product(range(ROUNDS), calls):
                rates[name].append(call_at_once(calls[name], callers, SECONDS)[0])
            yield from _compare(kind, callers, rates)


def _compare(kind: str, callers: int, rates: dict[str, list[float]]) -> Iterator[Figure]:
    means = {name: sum(samples) / len(samples) for name, samples in rates.items()}
    what = f"{kind}, {callers} callers"
    half = Goal(0.5, of_ratio=True, at_least=True) if kind != "mariadb" and callers > 1 else None
    twenty = "twenty networks"
    yield Figure(
        f"{what}, {twenty}", means[twenty], "/s", "RPC echo", means["echo"], half, rates[twenty]
    )
    yield Figure(
        f"{what}, one network",
        means["one network"],
        "/s",
        twenty,
        means[twenty],
        Goal(0.8, of_ratio=True, at_least=True),
        rates["one network"],
    )
