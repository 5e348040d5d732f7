"""Nodes to measure the agent on, each in a network namespace with what its shape asks for."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.local_agent import LocalAgent, make_settings, store_snapshots
from tests.bench.namespaces import Namespace, add_devices
from tests.bench.networks import Shape, list_leases, list_taps
from tests.bench.progress import report_progress

NICS = ("eth0", "eth1")  # the listing's vlan_interface and public_interface
LEASE_SECONDS = 86400


class Node:
    """A node on which an agent has stored its desired state and built nothing yet."""

    def __init__(self, directory: Path, shape: Shape) -> None:
        self.shape = shape
        self.state_path = directory
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.state_path.mkdir(mode=0o755)  # dnsmasq reads it as an ordinary user
        self.namespace = self._open.enter_context(Namespace())
        self._far = self._open.enter_context(Namespace())
        add_devices(self.namespace, self._far, [*NICS, *self.shape.uplinks])
        store_snapshots(self.state_path, self.shape.snapshots(), self.shape.ranges())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self.state_path.glob("networks/*.pid"):
            with suppress(ValueError, ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
        self._open.close()

    def start_agent(self) -> LocalAgent:
        """Return a new agent; the caller is in the namespace."""
        return self._open.enter_context(LocalAgent(self.state_path))

    def write_leases(self) -> None:
        """Write the lease files of guests that have their addresses, before dnsmasq reads them."""
        networks = make_settings(self.state_path).dhcp.networks_path
        networks.mkdir(parents=True, exist_ok=True)
        expiry = int(time.time()) + LEASE_SECONDS
        for number, bridge in enumerate(self.shape.bridges):
            lines = list_leases(self.shape, number, expiry)
            (networks / f"nova-{bridge}.leases").write_text("".join(f"{line}\n" for line in lines))

    def add_taps(self) -> None:
        """Plug each guest's device into its bridge."""
        taps = list_taps(self.shape)
        add_devices(self.namespace, self._far, [tap for tap, _ in taps])
        self.namespace.run_ip(f"link set {tap} master {bridge}" for tap, bridge in taps)


class Workshop:
    """Makes nodes, one directory for each."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.chmod(0o755)
        self._numbers = count()

    @contextmanager
    def node(self, shape: Shape) -> Iterator[Node]:
        """Make a node for the block."""
        with Node(self._directory / f"node{next(self._numbers)}", shape) as node:
            yield node

    @contextmanager
    def running_node(self, shape: Shape, *, taps: bool) -> Iterator[tuple[Node, LocalAgent]]:
        """Make a node that is in sync, with every guest running, and its agent."""
        report_progress(f"building a node: {shape}")
        with self.node(shape) as node:
            if taps:
                node.write_leases()
            with node.namespace.entered():
                agent = node.start_agent()
                agent.run_until_in_sync()
            if taps:
                node.add_taps()
            with node.namespace.entered():
                agent.run_pass(read=True)
            yield node, agent
