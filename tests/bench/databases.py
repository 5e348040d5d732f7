"""A controller of its own on each kind of database, on the site's broker."""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager

from cloudnet.client import NetworkAPI
from cloudnet.common import rpc
from cloudnet.common.wire.codec import JsonObject, to_wire
from cloudnet.common.wire.objects import Heartbeat, Report
from tests.bench.daemon import BIN, Daemon
from tests.bench.site import CONTEXT, LISTING, Site
from tests.fixtures.controller.databases import open_databases


class OwnController:
    """A controller with its workers, and the calls to it."""

    def __init__(self, daemon: Daemon, api: NetworkAPI, agents: rpc.messaging.RPCClient) -> None:
        self.daemon = daemon
        self._api = api
        self._agents = agents
        self._numbers = itertools.count()

    def create_network(self, project: str, number: int) -> None:
        """Create a network of a project, with a gateway of its own that has no agent."""
        self._api.create_networks(
            CONTEXT,
            label=f"bench{number}",
            cidr=f"10.{number}.0.0/18",
            num_networks=1,
            host=f"gateway{number}",
            project_id=project,
        )

    def allocate(self, project: str) -> None:
        """Allocate for a new instance on one of ten hosts."""
        host = f"host{next(self._numbers) % 10}"
        self._api.allocate_for_instance(CONTEXT, str(uuid.uuid4()), project, host)

    def report(self, report: Report) -> JsonObject:
        """Send the report of an agent."""
        reply: JsonObject = self._agents.call({}, "report", report=to_wire(report))
        return reply

    def heartbeat(self, heartbeat: Heartbeat) -> JsonObject:
        """Send the heartbeat of an agent."""
        reply: JsonObject = self._agents.call({}, "heartbeat", heartbeat=to_wire(heartbeat))
        return reply


@contextmanager
def run_controller(site: Site, kind: str) -> Iterator[OwnController]:
    """Run a controller on an empty database of a kind, on an exchange of its own."""
    exchange, url = f"bench-{kind}", site.broker.transport_url
    folder = site.directory / exchange
    folder.mkdir()
    with open_databases(kind) as databases, databases.synced(folder) as database:
        file = folder / "nova.conf"
        file.write_text(
            f"[DEFAULT]\nhost = {exchange}\ntransport_url = {url}\nstate_path = {folder}\n"
            f"control_exchange = {exchange}\n[database]\nconnection = {database}\n"
        )
        files = ["--config-file", str(LISTING), "--config-file", str(file)]
        daemon = Daemon([str(BIN / "cloudnet-controller"), *files], folder / "controller.log")
        transport = rpc.create_transport(rpc.get_default_conf(), url, exchange)
        try:
            daemon.wait_for_log("answering on topics")
            with closing(NetworkAPI(url, control_exchange=exchange)) as api:
                agents = rpc.create_client(transport, rpc.CONTROLLER_TOPIC, 60)
                yield OwnController(daemon, api, agents)
        finally:
            transport.cleanup()
            daemon.stop()
