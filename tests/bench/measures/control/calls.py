"""`allocate_for_instance` beside a bare RPC echo, by turns, so that both have the same conditions.

Twenty projects have a VLAN network each, with one gateway host; guests are on ten hosts. Those
hosts have no agent here, but the controller casts to them.
"""

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cloudnet.common import rpc
from tests.bench.callers import Call, call_at_once, call_in_turn
from tests.bench.daemon import Daemon
from tests.bench.echo import TOPIC
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.site import Site

PROJECTS, HOSTS, CALLERS = 20, 10, 8
TURNS, TIMES = 8, 50  # one caller
ROUNDS, SECONDS = 4, 2.5  # eight callers


def measure(site: Site) -> list[Figure]:
    """Return the times and rates of the call."""
    with run_echo(site) as echo:
        allocate = _allocate(site)
        for call in (echo, allocate):
            call_at_once(call, CALLERS, 1)  # opens connections, prepares statements
        alone: dict[Call, list[float]] = {echo: [], allocate: []}
        for _, call in itertools.product(range(TURNS), alone):
            alone[call] += call_in_turn(call, TIMES)
        rates: dict[Call, list[float]] = {echo: [], allocate: []}
        together: dict[Call, list[float]] = {echo: [], allocate: []}
        for _, call in itertools.product(range(ROUNDS), rates):
            rate, taken = call_at_once(call, CALLERS, SECONDS)
            rates[call].append(rate)
            together[call] += taken
    return [
        _times("one caller", 50, alone[allocate], alone[echo], Goal(4, of_ratio=True)),
        _times("one caller", 95, alone[allocate], alone[echo], None),
        _rate(rates[allocate], rates[echo]),
        _times("eight callers", 50, together[allocate], together[echo], None),
        _times("eight callers", 95, together[allocate], together[echo], None),
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
def run_echo(site: Site) -> Iterator[Call]:
    """Run a server that only answers; yield the call to it."""
    url = site.broker.transport_url
    server = Daemon([sys.executable, "-m", "tests.bench.echo", url], site.directory / "echo.log")
    server.wait_for_log("ready")
    transport = rpc.create_transport(rpc.get_default_conf(), url, "nova")
    client = rpc.create_client(transport, TOPIC)
    try:
        yield lambda: client.call({}, "echo", text="hello")
    finally:
        transport.cleanup()
        server.stop()


def _allocate(site: Site) -> Call:
    projects = [f"project{number}" for number in range(PROJECTS)]
    for project in projects:
        site.create_networks(1, "gateway", project)
    numbers = itertools.count()

    def call() -> None:
        number = next(numbers)
        site.allocate(f"host{number % HOSTS}", project=projects[number % PROJECTS])

    return call
