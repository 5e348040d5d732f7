"""A small cloud: a broker, a database on disk, a controller and an agent.

It is configured by the listing in etc/, and a second file for what differs on this machine. Where
the kernel has no 802.1Q, each network is a FlatDHCP network with a veth as its uplink: the agent
does the same work as for a VLAN network, except for creating the VLAN device.
"""

import itertools
import sqlite3
import uuid
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

from cloudnet.client import NetworkAPI, NetworkInfo
from tests.bench.daemon import BIN, Daemon, wait_until
from tests.bench.site_node import SiteNode
from tests.fixtures.servers.rabbitmq import RabbitMQ

LISTING = Path(__file__).parents[2] / "etc" / "listing6.conf"
NODE = "node1"  # the listing's network_host; the agent's host
CONTEXT = {"is_admin": True}
NETWORK_SIZE = 1024  # the listing's


class Site:
    """Daemons start when they are first needed, and end with the block."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.chmod(0o755)  # dnsmasq reads it as an ordinary user
        self.broker = RabbitMQ(directory / "rabbitmq")
        self.node = SiteNode()
        self.state = directory / "state"
        self.database = directory / "cloudnet.sqlite"
        self.in_sync_at = 0.0  # when the agent that was started last had reported all in sync
        self._files = (LISTING, directory / "here.conf")
        self._open = ExitStack()
        self._numbers = itertools.count()
        self._api: NetworkAPI | None = None
        self._controller: Daemon | None = None
        self._agent: Daemon | None = None

    def __enter__(self) -> Self:
        self._open.enter_context(self.broker)
        self._files[1].write_text(
            f"[DEFAULT]\nhost = {NODE}\ntransport_url = {self.broker.transport_url}\n"
            f"state_path = {self.state}\n"
            f"[database]\nconnection = sqlite:///{self.database}\n"
        )
        self._open.enter_context(self.node)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop_agent()
        if self._api is not None:
            self._api.close()
        if self._controller is not None:
            self._controller.stop()
        self._open.close()

    def argv(self, program: str, *arguments: str) -> list[str]:
        """Return the command line of one of cloudnet's programs."""
        files = [word for file in self._files for word in ("--config-file", str(file))]
        return [str(BIN / program), *files, *arguments]

    @property
    def controller(self) -> Daemon:
        """The controller, started on first use."""
        if self._controller is None:
            sync = Daemon(self.argv("cloudnet-manage", "db", "sync"), self.directory / "sync.log")
            sync.wait()
            log = self.directory / "controller.log"
            self._controller = Daemon(self.argv("cloudnet-controller"), log)
            self._controller.wait_for_log("answering on topics")
        return self._controller

    @property
    def api(self) -> NetworkAPI:
        """The client of a compute service."""
        _ = self.controller
        if self._api is None:
            self._api = NetworkAPI(self.broker.transport_url)
        return self._api

    # -- networks and guests -------------------------------------------------------------------

    def create_networks(self, count: int, host: str, project: str | None = None) -> list[str]:
        """Create networks with their gateway on a host, and return their uuids.

        Only the node has an agent, so networks of other hosts are not built anywhere.
        """
        return [self._create_network(next(self._numbers), host, project) for _ in range(count)]

    def _create_network(self, number: int, host: str, project: str | None) -> str:
        request = {
            "cidr": f"10.{number * NETWORK_SIZE // 65536}.{number * 4 % 256}.0/22",
            "num_networks": 1,
            "host": host,
            "project_id": project,
        }
        if host == NODE and not self.node.has_vlans:
            request |= {
                "topology": "flatdhcp",
                "bridge": f"br{100 + number}",
                "bridge_interface": self.node.add_uplink(number),
            }
        created = self.api.create_networks(CONTEXT, label=f"bench{number}", **request)
        return created[0]["uuid"]

    def allocate(
        self, host: str, *, project: str = "bench", network: str | None = None
    ) -> tuple[str, NetworkInfo]:
        """Allocate for a new instance; return its uuid and its network info."""
        instance = str(uuid.uuid4())
        requested = None if network is None else [(network, None)]
        info = self.api.allocate_for_instance(
            CONTEXT, instance, project, host, requested_networks=requested
        )
        return instance, info

    def deallocate(self, instance: str) -> None:
        """Release all that a guest has."""
        self.api.deallocate_for_instance(CONTEXT, instance, "bench", NODE)

    # -- the agent -----------------------------------------------------------------------------

    @property
    def agent(self) -> Daemon:
        """The agent, started on first use; it has reported all in sync."""
        _ = self.controller
        return self._agent or self.start_agent()

    def start_agent(self) -> Daemon:
        """Start the agent and wait until it has reported all networks in sync."""
        self._forget_reports()
        agent = Daemon(self.argv("cloudnet-agent"), self.directory / "agent.log")
        self._agent = agent
        self.in_sync_at = self.wait_until_in_sync()
        return agent

    def stop_agent(self) -> None:
        """Stop the agent; what it has created stays."""
        if self._agent is not None:
            self._agent.stop()
            self._agent = None

    def clear_node(self) -> None:
        """Stop the agent and remove all that it has created or stored."""
        self.stop_agent()
        self.node.clear(self.state)

    def wait_until_in_sync(self) -> float:
        """Wait until the agent has reported all networks in sync; return that moment."""
        return wait_until(self._is_in_sync, "a report with all networks in sync")

    def _forget_reports(self) -> None:
        """Make the controller store the next report as if it were the first."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            connection.execute("UPDATE host_networks SET applied_revision = NULL")

    def _is_in_sync(self) -> bool:
        query = (
            "SELECT count(*) FROM host_networks WHERE host = ?"
            " AND (applied_revision IS NULL OR applied_revision < revision)"
        )
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            out_of_sync: int = connection.execute(query, (NODE,)).fetchone()[0]
        return out_of_sync == 0
