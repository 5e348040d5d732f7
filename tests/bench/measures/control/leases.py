"""From the call to the guest's lease: the first guest on a network, and later ones.

A guest's wire is plugged in as soon as its bridge exists, and its client repeats its requests every
few milliseconds. Guests start one after the other, each when the host is in sync.
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
class BootTimes:
    """Seconds since the call."""

    answered: float
    bridged: float  # the bridge existed
    leased: float


def measure(site: Site) -> list[Figure]:
    """Return the times to the answer and to the lease."""
    _ = site.agent
    networks = site.create_networks(FIRST + 1, NODE)
    guests = _Guests(site)
    guests.boot(networks.pop())  # opens connections
    first = [guests.boot(network) for network in networks]
    later = [guests.boot(networks[n % SEVERAL]) for n in range(NEXT)]
    guests.remove_all()
    return [
        _figure("call to lease, first guest on a network", first, 50, Goal(300)),
        _figure("call to lease, first guest on a network", first, 95, None),
        _figure("call to lease, next guest", later, 50, Goal(50)),
        _figure("call to lease, next guest", later, 95, None),
    ]


def _figure(what: str, boots: list[BootTimes], percent: int, goal: Goal | None) -> Figure:
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
    """The guests of the node."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._instances: list[str] = []
        self._wires: list[str] = []

    def boot(self, network: str) -> BootTimes:
        """Allocate for one guest, plug it in and get its lease."""
        tap, guest = self._site.node.add_wire(len(self._wires))
        self._wires.append(tap)
        self._site.wait_until_in_sync()
        time.sleep(random.uniform(0.3, 0.8))  # not in step with the agent's own timers
        start = time.monotonic()
        instance, info = self._site.allocate(NODE, network=network)
        answered = time.monotonic()
        self._instances.append(instance)
        bridged = self._site.node.plug(tap, info[0]["network"]["bridge"])
        with DhcpClient(guest, info[0]["address"]) as client:
            address = client.get_lease()
            leased = time.monotonic()  # closing the socket takes the kernel some time
        assert str(address) == info[0]["network"]["subnets"][0]["ips"][0]["address"]
        return BootTimes(answered - start, bridged - start, leased - start)

    def remove_all(self) -> None:
        """Remove all guests, and wait until the node is in sync."""
        for wire in self._wires:
            self._site.node.remove_wire(wire)
        for instance in self._instances:
            self._site.deallocate(instance)
        self._site.wait_until_in_sync()
