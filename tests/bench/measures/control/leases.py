"""From the call to a lease that a guest has: the first guest on a network, and later ones.

A guest's wire is plugged in as soon as its bridge is there, and its client asks every few
milliseconds. Guests come one by one, when the agent has settled after the one before.
"""

import random
import time
from dataclasses import dataclass

from tests.bench.dhcp_client import DhcpClient
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.site import NODE, Site

FIRST, NEXT = 30, 40
SEVERAL = 10  # how many networks the next guests are spread over


@dataclass(frozen=True)
class BootRequest:
    """Seconds from the call on."""

    answered: float
    bridged: float  # the bridge was there
    leased: float


def measure(site: Site) -> list[Figure]:
    """Return the times to the answer and to the lease."""
    _ = site.agent
    networks = site.networks(FIRST + 1, NODE)
    guests = _Guests(site)
    guests.boot(networks.pop())  # connections are made
    first = [guests.boot(network) for network in networks]
    later = [guests.boot(networks[n % SEVERAL]) for n in range(NEXT)]
    guests.leave()
    return [
        _figure("call to lease, first guest on a network", first, 50, Goal(300)),
        _figure("call to lease, first guest on a network", first, 95, None),
        _figure("call to lease, next guest", later, 50, Goal(50)),
        _figure("call to lease, next guest", later, 95, None),
    ]


def _figure(what: str, boots: list[BootRequest], percent: int, goal: Goal | None) -> Figure:
    leased = milliseconds([boot.leased for boot in boots])
    answered = milliseconds([boot.answered for boot in boots])
    return Figure(
        f"{what}, p{percent}",
        percentile(leased, percent),
        "ms",
        f"the call alone, p{percent}",
        percentile(answered, percent),
        goal,
        leased,
    )


class _Guests:
    """The guests of the node, from the first to the last."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._instances: list[str] = []
        self._wires: list[str] = []

    def boot(self, network: str) -> BootRequest:
        """Allocate for one guest, plug it in and have it ask for its lease."""
        tap, guest = self._site.node.lay_wire(len(self._wires))
        self._wires.append(tap)
        self._site.wait_until_settled()
        time.sleep(random.uniform(0.3, 0.8))  # not in step with the agent's own turns
        began = time.monotonic()
        instance, info = self._site.allocate(NODE, network=network)
        answered = time.monotonic()
        self._instances.append(instance)
        bridged = self._site.node.plug(tap, info[0]["network"]["bridge"])
        with DhcpClient(guest, info[0]["address"]) as client:
            address = client.lease()
            leased = time.monotonic()  # before the socket is closed, for which the kernel waits
        assert str(address) == info[0]["network"]["subnets"][0]["ips"][0]["address"]
        return BootRequest(answered - began, bridged - began, leased - began)

    def leave(self) -> None:
        """Take all of them away again, and wait until the node is empty."""
        for wire in self._wires:
            self._site.node.remove_wire(wire)
        for instance in self._instances:
            self._site.deallocate(instance)
        self._site.wait_until_settled()
