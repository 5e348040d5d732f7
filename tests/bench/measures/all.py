"""All measures by name, in two groups, and the choice among them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.figures import Figure
from tests.bench.measures.control import (
    calls,
    contention,
    creation,
    heartbeats,
    lease_event,
    leases,
    memory,
    start,
)
from tests.bench.measures.node import cold, idle, one_more, rest
from tests.bench.places import Places


@dataclass(frozen=True)
class Measure:
    """One thing that can be measured."""

    title: str
    run: Callable[[Places], Iterable[Figure]]


CONTROL: Mapping[str, Measure] = {
    "calls": Measure(
        "allocate_for_instance beside a bare RPC echo", lambda places: calls.measure(places.site)
    ),
    "contention": Measure(
        "one network beside twenty, 1, 8 and 64 callers, on each database",
        lambda places: contention.measure(places.site),
    ),
    "heartbeats": Measure(
        "1,000 agents that report no change", lambda places: heartbeats.measure(places.site)
    ),
    "leases": Measure(
        "from the call to a lease that a guest has", lambda places: leases.measure(places.site)
    ),
    "event": Measure(
        "cloudnet-dhcpbridge, run as dnsmasq runs it",
        lambda places: lease_event.measure(places.site),
    ),
    "start": Measure(
        "an agent's start with 20 networks", lambda places: start.measure(places.site)
    ),
    "create": Measure("network create of 10.0.0.0/8", lambda places: creation.measure(places.site)),
    "memory": Measure(
        "resident memory of both daemons", lambda places: memory.measure(places.site)
    ),
}
NODE: Mapping[str, Measure] = {
    "floating": Measure(
        "one more floating IP where 1, 100, 1,000 are",
        lambda places: one_more.measure_floating_ips(places.workshop),
    ),
    "guest": Measure(
        "one more guest of a network that has 10, 100, 1,000",
        lambda places: one_more.measure_guests(places.workshop),
    ),
    "cold": Measure(
        "200 networks with 2,000 guests built from disk",
        lambda places: cold.measure_networks(places.workshop),
    ),
    "mappings": Measure(
        "1,000 NAT mappings built from disk", lambda places: cold.measure_mappings(places.workshop)
    ),
    "idle": Measure(
        "a pass with nothing to do on 20, 100, 200 networks",
        lambda places: idle.measure(places.workshop),
    ),
    "rest": Measure(
        "an agent's processor time and memory at rest", lambda places: rest.measure(places.workshop)
    ),
}
GROUPS: Mapping[str, Mapping[str, Measure]] = {"control": CONTROL, "node": NODE}
MEASURES: Mapping[str, Measure] = {**CONTROL, **NODE}


def select_measures(words: Sequence[str]) -> list[str]:
    """Return the names of the measures that the words stand for, each once.

    A word is a measure or a group; no words stand for all measures.
    """
    names = [name for word in words or GROUPS for name in GROUPS.get(word, (word,))]
    return list(dict.fromkeys(names))
