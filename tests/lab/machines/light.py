"""A guest that is only a namespace with a DHCP client: for tests that need a guest quickly.

It shares the kernel of its node, so it tests the network a little less than an emulated guest.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from tests.fixtures.busybox import find_busybox
from tests.lab.machines.guest import Card, Guest, ReportedLease
from tests.lab.machines.host import Host
from tests.lab.machines.namespace import Namespace, create_namespace
from tests.lab.machines.session import Process

DHCP_EVENT = Path(__file__).with_name("dhcp-event")
CLIENT_SCRIPT = """
export DHCP_STATE=/run CONSOLE=/dev/stdout
"$1" udhcpc -f -R -i "$2" -s "$3" -t 10 -A 5 -O mtu -O hostname 2>&1 | tee "/run/dhcp-$2"
"""


class LightCommand:
    """A command running in a namespace."""

    def __init__(self, host: Host, process: Process) -> None:
        self._host = host
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
        # The command leads a process group, in which its shell has started the others.
        self._host.attempt("sh", "-c", f"kill -TERM -{self._process.pid}")


class LightGuest(Guest):
    """A guest in a namespace of its node."""

    def __init__(self, name: str, node: Host, cards: Sequence[Card]) -> None:
        super().__init__(name, node, cards)
        self._stack = contextlib.ExitStack()
        self._clients: list[Process] = []
        self._namespace: Namespace | None = None  # None until create_links()

    @property
    def namespace(self) -> Namespace:
        """The namespace, for tests that change something in it."""
        assert self._namespace is not None, f"{self.name} has no links yet"
        return self._namespace

    @property
    def console(self) -> str:
        return "".join(client.output for client in self._clients)

    def create_links(self) -> None:
        self._namespace = self._stack.enter_context(create_namespace(self.name, self.node))
        for number, card in enumerate(self.cards):
            self.node.run(
                *("ip", "link", "add", card.link, "type", "veth", "peer", "name", f"eth{number}"),
                *("address", card.mac, "netns", str(self._namespace.holder.pid)),
            )

    def power_on(self) -> None:
        for number in range(len(self.cards)):
            self.namespace.run("ip", "link", "set", f"eth{number}", "up")
            arguments = (str(find_busybox()), f"eth{number}", str(DHCP_EVENT))
            self._clients.append(
                self.namespace.start("sh", "-c", CLIENT_SCRIPT, "dhcp", *arguments)
            )

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
        return LightCommand(
            self.node, self.namespace.start(str(find_busybox()), "sh", "-c", command)
        )
