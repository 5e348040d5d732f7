"""What an operator has before cloudnet: switches, nodes and the outside network, in one of three
forms.

Where the running kernel has 802.1Q, a node is a network namespace. Elsewhere a node is a machine
with a kernel of its own, which has 802.1Q. The third form tests the first one on any kernel: nodes
that are namespaces inside one such machine.
"""

import contextlib
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.machines.dot1q import CHECK_COMMAND
from tests.lab.machines.host import Host
from tests.lab.machines.machine import Card, Machine
from tests.lab.machines.namespace import create_namespace
from tests.lab.machines.node import Node
from tests.lab.machines.outside import Outside, build_outside
from tests.lab.machines.switch import Switch
from tests.lab.machines.topology import NODES, NodePlan


class Form(enum.Enum):
    """What the nodes are made of."""

    KERNELS = "kernels"
    NAMESPACES = "namespaces"
    NESTED = "nested"

    @classmethod
    def choose(cls, lab: Host) -> "Form":
        """Return the lighter form if this machine's kernel can run it."""
        has_dot1q = lab.attempt(*CHECK_COMMAND).ok
        return cls.NAMESPACES if has_dot1q else cls.KERNELS


@dataclass(frozen=True)
class Site:
    """Nodes, the outside, and the two switches that the nodes are connected to."""

    trunk: Switch
    public: Switch
    nodes: tuple[Node, ...]
    outside: Outside

    @classmethod
    def build(
        cls, form: Form, management: Switch, directory: Path, stack: contextlib.ExitStack
    ) -> "Site":
        """Build the site; closing `stack` removes it.

        :param management: the switch that the controller's host is connected to
        """
        trunk = management
        if form is Form.NESTED:
            trunk = _create_trunk_in_machine(management, directory, stack)
        public = Switch(trunk.host, "public")
        stack.callback(public.remove)
        if form is Form.KERNELS:
            machines = [_start_machine(plan, trunk, public, directory, stack) for plan in NODES]
            outside = build_outside(public, stack)
            hosts = [machine.host() for machine in machines]
        else:
            outside = build_outside(public, stack)
            hosts = _create_namespaces(NODES, trunk, public, stack)
        nodes = tuple(Node(host, plan) for host, plan in zip(hosts, NODES, strict=True))
        for node in nodes:
            node.configure()
        return cls(trunk, public, nodes, outside)


def _start_machine(
    plan: NodePlan, trunk: Switch, public: Switch, directory: Path, stack: contextlib.ExitStack
) -> Machine:
    """Start a node with a kernel of its own."""
    cards = [Card(nic.name, f"{plan.name}-{nic.name}", nic.mac) for nic in plan.nics]
    for nic, card in zip(plan.nics, cards, strict=True):
        (public if nic.public else trunk).plug_tap(card.tap)
    return stack.enter_context(Machine(plan.name, cards, directory))


def _create_namespaces(
    plans: Sequence[NodePlan], trunk: Switch, public: Switch, stack: contextlib.ExitStack
) -> list[Host]:
    """Create nodes that are namespaces of the host that has the switches."""
    hosts: list[Host] = []
    for plan in plans:
        node = stack.enter_context(create_namespace(plan.name, trunk.host))
        for nic in plan.nics:
            (public if nic.public else trunk).plug_namespace(node, nic.name, nic.mac)
        hosts.append(node)
    return hosts


def _create_trunk_in_machine(
    management: Switch, directory: Path, stack: contextlib.ExitStack
) -> Switch:
    """Start a machine that contains everything but the controller's host; return its trunk."""
    card = Card("eth0", "outer-eth0", "02:00:00:00:00:01")
    management.plug_tap(card.tap)
    machine = stack.enter_context(Machine("outer", [card], directory, memory="2G"))
    trunk = Switch(machine.host(), "trunk")
    trunk.plug(card.name)
    return trunk
