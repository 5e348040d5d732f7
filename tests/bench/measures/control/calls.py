"""`allocate_for_instance` beside a bare echo, by turns, so that both meet the same machine.

As in a cloud of the listing: VLAN networks with a gateway host, twenty projects, guests on ten
hosts. Those hosts have no agent here; the controller casts to them all the same.
"""

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cloudnet.common import rpc
from tests.bench.callers import Call, at_once, one_by_one
from tests.bench.daemon import Daemon
from tests.bench.echo import TOPIC
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.site import Site

PROJECTS, HOSTS, CALLERS = 20, 10, 8
TURNS, TIMES = 8, 50  # one caller
ROUNDS, SECONDS = 4, 2.5  # eight callers


def measure(site: Site) -> list[Figure]:
    """Return the call's times and rates."""
    with _echo(site) as echo:
        allocate = _allocate(site)
        for call in (echo, allocate):
            at_once(call, CALLERS, 1)  # connections and statements are made
        alone: dict[Call, list[float]] = {echo: [], allocate: []}
        for _, call in itertools.product(range(TURNS), alone):
            alone[call] += one_by_one(call, TIMES)
        rates: dict[Call, list[float]] = {echo: [], allocate: []}
        crowded: dict[Call, list[float]] = {echo: [], allocate: []}
        for _, call in itertools.product(range(ROUNDS), rates):
            rate, taken = at_once(call, CALLERS, SECONDS)
            rates[call].append(rate)
            crowded[call] += taken
    return [
        _times("one caller", 50, alone[allocate], alone[echo], Goal(4, of_ratio=True)),
        _times("one caller", 95, alone[allocate], alone[echo], None),
        _rate(rates[allocate], rates[echo]),
        _times("eight callers", 50, crowded[allocate], crowded[echo], None),
        _times("eight callers", 95, crowded[allocate], crowded[echo], None),
    ]


def _times(
    callers: str, percent: int, taken: list[float], echo: list[float], goal: Goal | None
) -> Figure:
    return Figure(
        f"allocate_for_instance, {callers}, p{percent}",
        percentile(milliseconds(taken), percent),
        "ms",
        f"RPC echo, p{percent}",
        percentile(milliseconds(echo), percent),
        goal,
        milliseconds(taken),
    )


def _rate(allocate: list[float], echo: list[float]) -> Figure:
    mean, reference = sum(allocate) / len(allocate), sum(echo) / len(echo)
    goal = Goal(1 / 3, of_ratio=True, at_least=True)
    return Figure(
        "allocate_for_instance, eight callers", mean, "/s", "RPC echo", reference, goal, allocate
    )


@contextmanager
def _echo(site: Site) -> Iterator[Call]:
    url = site.broker.transport_url
    server = Daemon([sys.executable, "-m", "tests.bench.echo", url], site.directory / "echo.log")
    server.wait_until_it_says("ready")
    transport = rpc.create_transport(rpc.get_default_conf(), url, "nova")
    client = rpc.create_client(transport, TOPIC)
    try:
        yield lambda: client.call({}, "echo", said="hello")
    finally:
        transport.cleanup()
        server.stop()


def _allocate(site: Site) -> Call:
    projects = [f"project{number}" for number in range(PROJECTS)]
    for project in projects:
        site.networks(1, "gateway", project)
    turn = itertools.count()

    def call() -> None:
        number = next(turn)
        site.allocate(f"host{number % HOSTS}", project=projects[number % PROJECTS])

    return call
