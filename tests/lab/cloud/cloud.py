"""The cloud: nodes, outside, broker, controller, agents and guests.

Entering the context builds what an operator has before cloudnet is installed: machines, networks
and a broker. `deploy` does what the operator does then. Leaving the context removes everything.
"""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cloudnet.client import NetworkAPI
from cloudnet.common.rpc import messaging
from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.waiting import wait_for
from tests.lab.cloud.compute import Compute, Instance, context
from tests.lab.cloud.daemons import LISTING, Daemon, Program, format_settings, listing_without
from tests.lab.machines.guest import Guest
from tests.lab.machines.guest_image import build_image
from tests.lab.machines.host import open_lab_host
from tests.lab.machines.node import Node
from tests.lab.machines.outside import Outside
from tests.lab.machines.site import Form, Site
from tests.lab.machines.switch import Switch
from tests.lab.machines.topology import CONTROLLER

Progress = Callable[[str], None]
FLOATING_RANGE = "192.168.99.224/28"


class Cloud:
    """The two-node cloud; its logs, database and configuration are in `directory`."""

    def __init__(
        self,
        directory: Path,
        *,
        form: Form | None = None,  # None: Form.choose()
        multi_host: bool = False,
        progress: Progress = lambda _: None,
    ) -> None:
        self.directory = directory.absolute()
        self.multi_host = multi_host
        self.instances: dict[Guest, Instance] = {}
        self.agents: dict[Node, Daemon] = {}
        self.controller: Daemon | None = None  # None: not started yet
        self._form = form
        self._progress = progress
        self._stack = contextlib.ExitStack()
        self._broker = RabbitMQ(self.directory / "broker", str(CONTROLLER.ip))

    def __enter__(self) -> Self:
        try:
            self._build()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    # -- before cloudnet is installed ----------------------------------------------------------

    def _build(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.lab = self._stack.enter_context(open_lab_host())
        self.form = self._form or Form.choose(self.lab)
        management = Switch(self.lab, "trunk")
        self._stack.callback(management.remove)
        self.lab.run("ip", "addr", "add", str(CONTROLLER), "dev", management.name)
        self._progress(f"starting RabbitMQ at {CONTROLLER.ip} and two nodes ({self.form.value})")
        self._stack.callback(self._broker.stop)
        self._broker.start()
        self.image = build_image(self.directory)
        self.site = Site.build(self.form, management, self.directory, self._stack)
        self._broker.wait_until_up()

    @property
    def node1(self) -> Node:
        return self.site.nodes[0]

    @property
    def node2(self) -> Node:
        return self.site.nodes[1]

    @property
    def outside(self) -> Outside:
        return self.site.outside

    @property
    def trunk(self) -> Switch:
        """The switch between the nodes."""
        return self.site.trunk

    @property
    def transport_url(self) -> str:
        """The broker's, for clients."""
        return self._broker.transport_url

    # -- cloudnet ------------------------------------------------------------------------------

    def deploy(self) -> None:
        """Set up cloudnet as its operator does, and wait until every agent has reported."""
        self.start_agents()
        self._progress("cloudnet-manage db sync, the controller, four networks, floating IPs")
        self.manage("db", "sync")
        self.start_controller()
        self.manage("network", "create", "--label", "private", "--num-networks", "4")
        self.manage("floating", "create", "--ip-range", FLOATING_RANGE)
        self._progress("waiting for the agents")
        self.wait_for_agents()

    def start_agents(self) -> None:
        """Start an agent on every node; it waits for the controller by itself."""
        for node in self.site.nodes:
            program = Program("cloudnet-agent", self._configure(node))
            log = self.directory / f"{node.name}-agent.log"
            agent = self.agents[node] = Daemon(f"agent of {node.name}", node, program, log)
            agent.start()
            self._stack.callback(agent.kill_if_running)

    def start_controller(self) -> None:
        """Start the controller and wait until it answers a call."""
        log = self.directory / "controller.log"
        program = self.program("cloudnet-controller")
        self.controller = controller = Daemon("controller", self.lab, program, log)
        controller.start()
        self._stack.callback(controller.kill_if_running)
        self.api = NetworkAPI(self.transport_url)
        self._stack.callback(self.api.close)
        self.compute = Compute(self.api, self.image)
        wait_for(
            lambda: self._is_answering(controller), "an answer from the controller", timeout=60
        )

    def wait_for_agents(self, timeout: float = 120) -> None:
        """Wait until the controller has a report from every agent."""
        wait_for(self._agents_have_reported, "a report from every agent", timeout, pause=1)

    def program(self, name: str) -> Program:
        """Return one of cloudnet's programs, configured for the controller's host."""
        return Program(name, self._configure_controller())

    def restart_agents(self, timeout: float = 120) -> None:
        """Start the agents that have ended, and wait until each has reported again."""
        ended = {node.name for node, agent in self.agents.items() if not agent.process.alive}
        last = self._last_reports()
        for agent in self.agents.values():
            if not agent.process.alive:
                agent.start()
        wait_for(
            lambda: all(self._last_reports()[name] != last[name] for name in ended),
            f"a report from {', '.join(sorted(ended))}",
            timeout,
        )

    def manage(self, *arguments: str) -> str:
        """Run cloudnet-manage on the controller's host and return its output."""
        return self.lab.run(*self.program("cloudnet-manage").argv(*arguments))

    def list_rows(
        self, *arguments: str
    ) -> list[dict[str, Any]]:  # JSON, as cloudnet-manage prints it
        """Run a list command of cloudnet-manage and return its rows."""
        rows: list[dict[str, Any]] = json.loads(self.manage(*arguments, "-f", "json"))
        return rows

    def _is_answering(self, controller: Daemon) -> bool:
        with contextlib.closing(NetworkAPI(self.transport_url, timeout_seconds=2)) as api:
            try:
                api.get_all_networks(context("admin"))
            except messaging.MessagingTimeout:
                controller.require_running()
                return False
        return True

    def _agents_have_reported(self) -> bool:
        for agent in self.agents.values():
            agent.require_running()
        up = {row["host"] for row in self.list_rows("host", "list") if row["state"] == "up"}
        return {node.name for node in self.site.nodes} <= up

    def _last_reports(self) -> dict[str, str]:
        return {row["host"]: row["last_seen_up"] for row in self.list_rows("host", "list")}

    # -- configuration -------------------------------------------------------------------------

    def _configure_controller(self) -> tuple[Path, Path]:
        home = self.directory / "controller"
        home.mkdir(exist_ok=True)
        local = home / "local.conf"
        database = {"connection": f"sqlite:///{home}/cloudnet.sqlite"}
        local.write_text(
            format_settings({"DEFAULT": self._local_options(home), "database": database})
        )
        return self._base_config(), local

    def _configure(self, node: Node) -> tuple[Path, Path]:
        home = self.directory / node.name
        own = {**self._local_options(self.state_path(node)), "host": node.name}
        if node is self.node2:
            own["my_ip"] = node.address
            if self.multi_host:
                own |= {"routing_source_ip": node.address, "public_interface": "eth0"}
        node.write(home / "local.conf", format_settings({"DEFAULT": own}))
        listing = home / "nova.conf"
        node.write(listing, self._base_config().read_text())
        return listing, home / "local.conf"

    def state_path(self, node: Node) -> Path:
        """The directory of a node's agent, as a path on the node."""
        return self.directory / node.name / "state"

    def _local_options(self, state: Path) -> dict[str, object]:
        return {"transport_url": self.transport_url, "state_path": state}

    def _base_config(self) -> Path:
        """etc/listing6.conf; in multi-host mode without the option that makes one node the
        gateway."""
        if not self.multi_host:
            return LISTING
        listing = self.directory / "nova.conf"
        listing.write_text(listing_without("network_host"))
        return listing

    def format_warnings(self) -> str:
        """Return the last warnings and errors in the logs of all daemons."""
        daemons = [*self.agents.values(), *([self.controller] if self.controller else [])]
        return "\n".join(
            f"{daemon.name}: {line}" for daemon in daemons for line in daemon.list_warnings()[-15:]
        )

    # -- guests --------------------------------------------------------------------------------

    def spawn(self, *requests: tuple[str, Node, str], light: bool = False) -> list[Guest]:
        """Boot guests (name, node, project) side by side; return once they are powered on."""
        instances = [self.compute.request(*request, light=light) for request in requests]
        for instance in instances:
            self.compute.wait_until_wired(instance)
        # All guests are wired first: an emulated machine slows down the agent that wires the next.
        for instance in instances:
            self.compute.power_on(instance)
            self.instances[instance.guest] = instance
        return [instance.guest for instance in instances]

    def boot(self, name: str, on: Node, project: str, *, light: bool = False) -> Guest:
        """Boot a guest and return once it has its first lease."""
        (guest,) = self.spawn((name, on, project), light=light)
        guest.wait_until_up()
        return guest

    def delete(self, guest: Guest) -> None:
        """Delete a guest, as its owner does."""
        self.compute.destroy(self.instances.pop(guest))

    # -- floating IPs --------------------------------------------------------------------------

    def allocate_floating_ip(self, project: str) -> str:
        return self.api.allocate_floating_ip(context(project), project)

    def associate(self, floating: str, guest: Guest) -> None:
        instance = self.instances[guest]
        self.api.associate_floating_ip(instance.context, floating, instance.fixed_address)

    def disassociate(self, floating: str, project: str) -> None:
        self.api.disassociate_floating_ip(context(project), floating)
