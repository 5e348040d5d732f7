"""``cloudnet-agent``: one on each compute node. Builds the parts and hands them to each other."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from oslo_config import cfg

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.drivers.events import Watch
from cloudnet.agent.drivers.kernel import LinuxKernel
from cloudnet.agent.endpoint import AgentEndpoint
from cloudnet.agent.lease_listener import LeaseEvent, LeaseListener
from cloudnet.agent.reconcile import HostStatus, Reconciler
from cloudnet.agent.report import QueuedController, Reporter
from cloudnet.agent.sd_notify import notify_ready
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common import rpc
from cloudnet.common.errors import ConfigurationError, KernelRefused
from cloudnet.common.logs import set_up_logging
from cloudnet.common.settings.load import load_agent
from cloudnet.common.settings.views import AgentSettings

LOG = logging.getLogger(__name__)

ACTIONS = {"add": "lease", "del": "release"}  # dnsmasq's word -> nova-network's


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; what stands on the node stays when the agent goes."""
    try:
        conf, settings = load_agent(sys.argv[1:] if argv is None else argv, "cloudnet-agent")
        set_up_logging(conf, "cloudnet-agent")
        with _alone(settings.state_path):
            _run(conf, settings)
    except (ConfigurationError, KernelRefused) as error:
        print(f"cloudnet-agent: {error}", file=sys.stderr)  # noqa: T201 - the one line of a refusal
        return 1


def _run(conf: cfg.ConfigOpts, settings: AgentSettings) -> NoReturn:
    """Be an agent until told to end, and end the process."""
    stop = threading.Event()
    with ExitStack() as open_things:
        store = DesiredStore(settings.host, SnapshotCache(settings.state_path / "snapshots"))
        watch = Watch(store.wake)
        open_things.callback(watch.close)
        kernel = LinuxKernel(settings, watch.follow)
        open_things.callback(kernel.close)
        transport = rpc.create_transport(
            conf, settings.rpc.transport_url, settings.rpc.control_exchange
        )
        controller = QueuedController(
            rpc.create_client(transport, rpc.CONTROLLER_TOPIC),
            settings.rpc.response_timeout_seconds,
        )
        reporter = Reporter(settings.host, store, controller, settings.report_interval_seconds)
        ready = threading.Event()

        def on_pass(standing: HostStatus) -> None:
            reporter.stand(standing)
            if not ready.is_set() and standing.leases is not None:  # else nothing could be read
                notify_ready()
                ready.set()

        loop = Reconciler(store, kernel, settings, clock=time.monotonic, on_pass=on_pass)

        def on_lease(event: LeaseEvent) -> None:
            if event.action in ACTIONS:
                controller.leased(ACTIONS[event.action], str(event.address), event.mac)

        listener = LeaseListener(settings.state_path / "agent.sock", on_lease)
        open_things.callback(listener.close)

        def end() -> None:
            stop.set()
            store.wake()
            reporter.wake()

        def end_as_told(signum: int, frame: FrameType | None) -> None:
            LOG.info("%s: ending; the node's network stays", signal.Signals(signum).name)
            end()

        signal.signal(signal.SIGTERM, end_as_told)
        signal.signal(signal.SIGINT, end_as_told)
        LOG.info("agent of host %s, pid %d", settings.host, os.getpid())
        # What is here now stays: a full collection need not walk it, which would halt everything
        # for a tenth of a second, and often in the middle of a guest's start.
        gc.freeze()
        # The loop starts first: a node comes back from what it remembers, broker or no broker.
        broken = open_things.enter_context(_turning(loop, stop, end))
        listener.start()
        if rpc.wait_for_broker(settings.rpc.transport_url, stop):
            server = rpc.create_server(
                transport, rpc.AGENT_TOPIC, settings.host, [AgentEndpoint(store)]
            )
            server.start()
            # A daemon: a report that nobody answers must not keep the process for a minute.
            reporting = threading.Thread(
                target=reporter.run, args=(stop,), name="report", daemon=True
            )
            reporting.start()
            stop.wait()
    # The queue is just left: its library takes up to five seconds to let go of each end, and what
    # was not taken from it is told again with the next report.
    LOG.info("ended")
    logging.shutdown()
    os._exit(1 if broken.is_set() else 0)


@contextmanager
def _turning(
    loop: Reconciler, stop: threading.Event, end: Callable[[], None]
) -> Iterator[threading.Event]:
    """Have the loop turn meanwhile, in whatever way this is left; the event says that it broke.

    An agent whose loop is dead mends nothing, so it ends, and whoever started it starts another.
    """
    broken = threading.Event()

    def turn() -> None:
        try:
            loop.run(stop)
        except BaseException:
            broken.set()
            end()
            raise

    thread = threading.Thread(target=turn, name="reconcile")
    thread.start()
    try:
        yield broken
    finally:
        end()
        thread.join()


@contextmanager
def _alone(state_path: Path) -> Iterator[None]:
    """Hold the lock that says that a node's state has one agent.

    :raises ConfigurationError: another agent has it
    """
    try:
        state_path.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = (state_path / "agent.lock").open("w")
    except OSError as error:
        raise ConfigurationError(f"state_path {state_path} cannot be used: {error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                f"another cloudnet-agent uses {state_path}; stop it, or give this one its own "
                "state_path"
            ) from error
        yield


if __name__ == "__main__":
    sys.exit(main())
