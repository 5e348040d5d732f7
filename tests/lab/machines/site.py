"""What stands before any cloud comes: switches, nodes, the outside; in one of three forms.

Where the running kernel has 802.1Q, a node is a network namespace. Where it has not, a node is a
machine with a kernel of its own, which has. The third form proves the first one everywhere: nodes
that are namespaces inside one such machine.
"""

import contextlib
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.machines.dot1q import TRIAL
from tests.lab.machines.host import Place
from tests.lab.machines.machine import Card, Machine
from tests.lab.machines.namespace import space
from tests.lab.machines.node import Node
from tests.lab.machines.outside import Outside, build_outside
from tests.lab.machines.switch import Trunk
from tests.lab.machines.topology import NODES, NodePlan


class Form(enum.Enum):
    """What the nodes are made of."""

    KERNELS = "kernels"
    NAMESPACES = "namespaces"
    NESTED = "nested"

    @classmethod
    def that_works(cls, lab: Place) -> "Form":
        """Return the lighter form if this machine's kernel can run it."""
        can = lab.attempt(*TRIAL).ok
        return cls.NAMESPACES if can else cls.KERNELS


@dataclass(frozen=True)
class Site:
    """Machines and wires. `trunk` and `public` are the switches that the nodes are plugged into."""

    trunk: Trunk
    public: Trunk
    nodes: tuple[Node, ...]
    outside: Outside

    @classmethod
    def build(cls, form: Form, wire: Trunk, directory: Path, stack: contextlib.ExitStack) -> "Site":
        """Build it; `wire` is where the controller's host is plugged in, and `stack` ends it."""
        trunk = wire
        if form is Form.NESTED:
            trunk = _trunk_in_a_machine(wire, directory, stack)
        public = Trunk(trunk.place, "public")
        stack.callback(public.remove)
        if form is Form.KERNELS:
            machines = [_start(plan, trunk, public, directory, stack) for plan in NODES]
            outside = build_outside(public, stack)
            places = [machine.place() for machine in machines]
        else:
            outside = build_outside(public, stack)
            places = _namespaces(NODES, trunk, public, stack)
        nodes = tuple(Node(place, plan) for place, plan in zip(places, NODES, strict=True))
        for node in nodes:
            node.settle()
        return cls(trunk, public, nodes, outside)


def _start(
    plan: NodePlan, trunk: Trunk, public: Trunk, directory: Path, stack: contextlib.ExitStack
) -> Machine:
    """Start a node with a kernel of its own."""
    cards = [Card(nic.name, f"{plan.name}-{nic.name}", nic.mac) for nic in plan.nics]
    for nic, card in zip(plan.nics, cards, strict=True):
        (public if nic.public else trunk).plug_tap(card.tap)
    return stack.enter_context(Machine(plan.name, cards, directory))


def _namespaces(
    plans: Sequence[NodePlan], trunk: Trunk, public: Trunk, stack: contextlib.ExitStack
) -> list[Place]:
    """Make nodes that are namespaces beside the switches."""
    places: list[Place] = []
    for plan in plans:
        node = stack.enter_context(space(plan.name, trunk.place))
        for nic in plan.nics:
            (public if nic.public else trunk).plug_space(node, nic.name, nic.mac)
        places.append(node)
    return places


def _trunk_in_a_machine(wire: Trunk, directory: Path, stack: contextlib.ExitStack) -> Trunk:
    """BootRequest a machine to hold everything but the controller's host; return a switch in it."""
    card = Card("eth0", "ground-eth0", "02:00:00:00:00:01")
    wire.plug_tap(card.tap)
    machine = stack.enter_context(Machine("ground", [card], directory, memory="2G"))
    trunk = Trunk(machine.place(), "trunk")
    trunk.plug(card.name)
    return trunk
