"""A guest that is only a namespace with a DHCP client: up at once, for tests that want speed.

It shares the kernel of its node, so what it proves about a network is a little less.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from tests.fixtures.busybox import find_busybox
from tests.lab.machines.guest import Card, Guest, ReportedLease
from tests.lab.machines.host import Place
from tests.lab.machines.namespace import Space, space
from tests.lab.machines.session import Process

DHCP_EVENT = Path(__file__).with_name("dhcp-event")
CLIENT = """
export DHCP_STATE=/run CONSOLE=/dev/stdout
"$1" udhcpc -f -R -i "$2" -s "$3" -t 10 -A 5 -O mtu -O hostname 2>&1 | tee "/run/dhcp-$2"
"""


class LightCommand:
    """A command running in a namespace."""

    def __init__(self, place: Place, process: Process) -> None:
        self._place = place
        self._process = process

    @property
    def output(self) -> str:
        return self._process.output

    @property
    def status(self) -> int | None:
        return self._process.status

    def wait(self, timeout: float = 30) -> int:
        return self._process.wait(timeout)

    def end(self) -> None:
        # The command leads a group of its own, in which its shell has started the rest.
        self._place.attempt("sh", "-c", f"kill -TERM -{self._process.pid}")


class LightGuest(Guest):
    """A guest in a namespace of its node."""

    def __init__(self, name: str, node: Place, cards: Sequence[Card]) -> None:
        super().__init__(name, node, cards)
        self._stack = contextlib.ExitStack()
        self._clients: list[Process] = []
        self._space: Space | None = None  # None until its wires are laid

    @property
    def space(self) -> Space:
        """The namespace, for what a test wants to do there with its own hands."""
        assert self._space is not None, f"{self.name} has no wires yet"
        return self._space

    @property
    def console(self) -> str:
        return "".join(client.output for client in self._clients)

    def lay_wires(self) -> None:
        self._space = self._stack.enter_context(space(self.name, self.node))
        for number, card in enumerate(self.cards):
            self.node.run(
                *("ip", "link", "add", card.link, "type", "veth", "peer", "name", f"eth{number}"),
                *("address", card.mac, "netns", str(self._space.holder.pid)),
            )

    def power_on(self) -> None:
        for number in range(len(self.cards)):
            self.space.run("ip", "link", "set", f"eth{number}", "up")
            words = (str(find_busybox()), f"eth{number}", str(DHCP_EVENT))
            self._clients.append(self.space.start("sh", "-c", CLIENT, "dhcp", *words))

    def power_off(self) -> None:
        for client in self._clients:
            client.kill()
        for card in self.cards:
            self.node.run("ip", "link", "delete", card.link)
        self._stack.close()

    def wait_until_up(self, timeout: float = 60) -> ReportedLease:
        first = self._clients[0]
        first.wait_until(lambda: bool(self.leases), f"lease for {self.name}", timeout)
        return self.leases[0]

    def start(self, command: str) -> LightCommand:
        return LightCommand(self.node, self.space.start(str(find_busybox()), "sh", "-c", command))
