"""A node at rest: the agent's process, with its heartbeat, on a node where nothing changes."""

import sys
import time
from collections.abc import Iterator

from tests.bench.daemon import Daemon, wait_until
from tests.bench.figures import Figure, Goal
from tests.bench.local_agent import NO_SCRIPT
from tests.bench.measures.node.idle import shape_with
from tests.bench.networks import HOST
from tests.bench.progress import report_progress
from tests.bench.site import LISTING
from tests.bench.stub_controller import answer_reports
from tests.bench.workshop import Node, Workshop
from tests.fixtures.servers.rabbitmq import RabbitMQ

NETWORKS = 200
PAUSE_SECONDS, REST_SECONDS = 20, 90  # a resync is due every 30 s


def measure(workshop: Workshop) -> Iterator[Figure]:
    """Yield the share of a core and the resident memory."""
    shape = shape_with(NETWORKS)
    with (
        workshop.running_node(shape, taps=True) as (node, _),
        node.namespace.entered(),
        RabbitMQ(node.state_path / "rabbitmq") as broker,
        answer_reports(broker.transport_url, shape.ranges()) as controller,
    ):
        agent = _start(node, broker.transport_url)
        try:
            in_sync = lambda: controller.has_report_in_sync(NETWORKS)  # noqa: E731
            wait_until(in_sync, "a report with all networks in sync")
            time.sleep(PAUSE_SECONDS)
            report_progress(f"a node at rest for {REST_SECONDS} s")
            before = agent.processor_seconds
            time.sleep(REST_SECONDS)
            share = 100 * (agent.processor_seconds - before) / REST_SECONDS
            memory = agent.resident_megabytes
        finally:
            agent.stop()
    yield Figure(f"at rest, {NETWORKS} networks, share of a core", share, "%", goal=Goal(0.5))
    yield Figure(f"agent with {NETWORKS} networks, resident", memory, "MB", goal=Goal(100))


def _start(node: Node, transport_url: str) -> Daemon:
    here = node.state_path / "here.conf"
    here.write_text(
        f"[DEFAULT]\nhost = {HOST}\ntransport_url = {transport_url}\n"
        f"state_path = {node.state_path}\ndhcpbridge = {NO_SCRIPT}\n"
    )
    files = [f"--config-file={file}" for file in (LISTING, here)]
    argv = [sys.executable, "-m", "cloudnet.agent.main", *files]
    return Daemon(argv, node.state_path / "agent.log")
