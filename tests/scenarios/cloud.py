"""A whole cloud in one process: a controller on a real database, agents on nodes that print.

What goes between them goes as it would over the queue, encoded and decoded. Casts wait in a
mailbox until the test delivers them: once, twice, in another order, or never.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from cloudnet.agent.endpoint import AgentEndpoint
from cloudnet.agent.inbox import Inbox
from cloudnet.agent.memory import Memory
from cloudnet.agent.reconcile import Reconciler
from cloudnet.agent.report import Reporter, Unanswered
from cloudnet.agent.state import Dhcp, HandedOut
from cloudnet.common.objects import FixedRanges, Picture, Report, Snapshot
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.common.wire import from_wire, to_wire
from cloudnet.controller.compose import services
from cloudnet.controller.endpoint import AgentsEndpoint
from cloudnet.controller.records import Touched
from cloudnet.controller.service.floating import ADMIN
from cloudnet.controller.service.pictures import Pictures
from tests.fakes import FakeKernel
from tests.unit.controller.world import SETTINGS, Clock, World, empty_database
from tests.worlds import agent_settings


class Mailbox:
    """The controller's announcements on their way to the hosts, written at once."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self.letters: list[Snapshot | FixedRanges] = []

    def hosts(self, touched: Iterable[Touched]) -> None:
        snapshots = (self._pictures.snapshot(each) for each in sorted(touched))
        self.letters += [snapshot for snapshot in snapshots if snapshot is not None]

    def ranges(self) -> None:
        self.letters.append(self._pictures.ranges())


def over_the_queue(value: Any) -> Any:
    """Return what JSON leaves of a wire dict."""
    return json.loads(json.dumps(value))


class Node:
    """A compute node: its kernel outlives its agent."""

    def __init__(self, name: str, path: Path, controller: Direct) -> None:
        self.name = name
        self.kernel = FakeKernel()
        self.path = path / name
        self.controller = controller
        self.now = 0.0
        self.start_agent()

    def start_agent(self) -> None:
        """(Re)start the agent: all it knows is on its disk."""
        settings = replace(agent_settings(self.path), host=self.name)
        self.inbox = Inbox(self.name, Memory(self.path / "snapshots"))
        self.reporter = Reporter(self.name, self.inbox, self.controller, 10)
        self.endpoint = AgentEndpoint(self.inbox)
        self.loop = Reconciler(
            self.inbox,
            self.kernel,
            settings,
            clock=lambda: self.now,
            on_round=self.reporter.stand,
        )

    def turn(self) -> list[str]:
        """Let the loop turn once; return the steps that it took."""
        self.kernel.told.clear()
        self.loop.round()
        return list(self.kernel.told)

    def heartbeat(self) -> None:
        """Turn, report, take the answer, turn again."""
        self.now += 10
        self.turn()
        self.reporter.once()
        self.turn()

    def dhcp(self, bridge: str) -> tuple[str, ...]:
        """Return the guests that the node's DHCP serves."""
        dhcp = self.kernel.items.get(f"dhcp {bridge}")
        return dhcp.hosts if isinstance(dhcp, Dhcp) else ()

    def hand_out(self, bridge: str, address: str, mac: str) -> None:
        """A guest asks for its address and gets it."""
        self.kernel.hand_out(HandedOut(bridge, IPv4Address(address), mac))


@dataclass
class Direct:
    """An agent's way to the controller, that can be cut."""

    endpoint: AgentsEndpoint
    cut: bool = False

    def report(self, report: Report) -> Picture:
        if self.cut:
            raise Unanswered("cut")
        answer = self.endpoint.report({}, over_the_queue(to_wire(report)))
        return from_wire(Picture, over_the_queue(answer))


class Cloud:
    """The controller's world, its hosts, and what is on its way to them."""

    def __init__(self, world: World, mailbox: Mailbox, path: Path) -> None:
        self.world = world
        self.mailbox = mailbox
        self.way = Direct(AgentsEndpoint(world.services.hosts))
        self.nodes = {name: Node(name, path, self.way) for name in ("node1", "node2")}
        self.node1, self.node2 = self.nodes["node1"], self.nodes["node2"]

    def deliver(self, *, order: Sequence[int] | None = None) -> None:
        """Deliver the letters, or those with these numbers, in this order."""
        letters, self.mailbox.letters = self.mailbox.letters, []
        for number in range(len(letters)) if order is None else order:
            self._deliver(letters[number])
        for node in self.nodes.values():
            node.turn()

    def lose(self) -> None:
        """Lose every letter."""
        self.mailbox.letters.clear()

    def heartbeats(self, rounds: int = 1) -> None:
        """Let every agent report."""
        for _ in range(rounds):
            for node in self.nodes.values():
                node.heartbeat()

    def floating(self, address: str = "192.168.99.225") -> None:
        """Make a pool of one and give the address to project a."""
        self.world.services.pools.create(IPv4Network(f"{address}/32"))
        self.world.services.floating.allocate(ADMIN, project="a")

    def __str__(self) -> str:
        return "\n\n".join(f"{name}\n{node.kernel}" for name, node in self.nodes.items())

    def _deliver(self, letter: Snapshot | FixedRanges) -> None:
        wire = over_the_queue(to_wire(letter))
        if isinstance(letter, FixedRanges):
            for node in self.nodes.values():
                node.endpoint.apply_ranges({}, wire)
        else:
            self.nodes[letter.host].endpoint.apply_snapshot({}, wire)


@contextmanager
def a_cloud(path: Path, settings: ControllerSettings = SETTINGS) -> Iterator[Cloud]:
    """Yield a cloud of two nodes with nothing in it."""
    database = path / "cloudnet.sqlite"
    shutil.copy(empty_database(), database)
    told = replace(settings, database=f"sqlite:///{database}")
    clock = Clock()
    mailboxes: list[Mailbox] = []

    def hear(pictures: Pictures) -> Mailbox:
        mailboxes.append(Mailbox(pictures))
        return mailboxes[0]

    with services(told, None, clock, hear) as made:
        yield Cloud(World(made, clock, told), mailboxes[0], path)
