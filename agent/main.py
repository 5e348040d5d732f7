"""``cloudnet-agent``: one on each compute node. Builds the parts and connects them."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from oslo_config import cfg

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.drivers.broker_path import BrokerPath
from cloudnet.agent.drivers.events import EventListener
from cloudnet.agent.drivers.iptables.library import require_libraries
from cloudnet.agent.endpoint import AgentEndpoint
from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.agent.identity import load_identity, only_agent_here
from cloudnet.agent.lease_listener import LeaseEvent, LeaseListener
from cloudnet.agent.node.render import Renderer
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.node.trials import Trials
from cloudnet.agent.reconcile import Reconciler
from cloudnet.agent.report import Reporter, RpcController
from cloudnet.agent.sd_notify import notify_ready
from cloudnet.agent.snapshot_cache import SnapshotCache, TrialFile
from cloudnet.agent.status import HostStatus
from cloudnet.agent.wakeup import Wakeup
from cloudnet.agent.worker import Worker
from cloudnet.common import rpc, signals
from cloudnet.common.errors import (
    BrokerUnavailable,
    ConfigurationError,
    KernelRefused,
    format_refusal,
)
from cloudnet.common.escape import write_line
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.log_reload import reload_logging
from cloudnet.common.logs import set_up_logging
from cloudnet.common.regular_file import open_regular
from cloudnet.common.settings.load import load_agent
from cloudnet.common.settings.views import AgentSettings

LOG = logging.getLogger(__name__)

PROG = "cloudnet-agent"
TRIAL_CHECK_SECONDS = 3.0
LEASE_ACTIONS = {"add": "lease", "del": "release"}  # dnsmasq's word → nova-network's

NO_CASTS = "cannot receive snapshots between reports"


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the host's network stays as it is."""
    words = sys.argv[1:] if argv is None else argv
    try:
        conf, settings = load_agent(words, PROG)
        set_up_logging(conf, PROG)
        signals.call_on((signal.SIGHUP,), lambda _: reload_logging(words, PROG))
        require_libraries()
        with only_agent_here(), _lock(settings.state_path):
            agent = Agent(conf, settings)
            _stop_on_signals(agent)
            failed = agent.run()
            # Exit without closing the connections to the broker: the library takes five seconds
            # for each. The next report makes up for a message that was not received.
            logging.shutdown()
            os._exit(1 if failed else 0)
    except (ConfigurationError, KernelRefused) as error:
        for line in format_refusal(PROG, error):
            write_line(sys.stderr, line)
        return 1


class Agent:
    """One agent: the kernel, the loop that alone touches it, and the ways to the controller.

    :raises KernelRefused: another agent listens for lease events
    """

    def __init__(
        self, conf: cfg.ConfigOpts, settings: AgentSettings, path: BrokerPath | None = None
    ) -> None:
        """:param path: the way to the broker, if it is not that of the transport URL"""
        # Imports python-iptables, which fails where iptables is not installed: after the check.
        from cloudnet.agent.drivers.kernel import LinuxKernel  # noqa: PLC0415 - see above

        self._settings = settings
        self._stop = threading.Event()
        self._reached_broker = threading.Event()
        self._ready = threading.Event()  # systemd was notified
        self._wakeup = Wakeup()
        self._store = DesiredStore(
            settings.host,
            SnapshotCache(settings.state_path / "snapshots"),
            self._wakeup.desired_changed,
            removable_share=settings.removable_share,
            serves_names=settings.names.serves_any,
        )
        self._conf = conf
        self._controller = RpcController(
            rpc.create_client(self._create_transport(), rpc.CONTROLLER_TOPIC),
            settings.rpc.response_timeout_seconds,
        )
        self._reporter = self._create_reporter()
        self._path = path or BrokerPath(settings.rpc.transport_url)
        self._trials = Trials(
            TrialFile(settings.state_path / "trials.json"),
            time.monotonic,
            self._path.is_open,
            self._wakeup.host_changed,
        )
        self._server: rpc.messaging.RPCServer | None = None  # None: receives no casts
        self._starting: rpc.ServerStart | None = None  # the next server
        self._conditions = ConditionLog(LOG)
        self._listener = LeaseListener(settings.state_path / "agent.sock", self._cast_lease)
        self._events = EventListener(self._wakeup.host_changed)
        self._kernel = LinuxKernel(settings, self._events.follow)
        reconciler = self._create_reconciler()
        # An agent whose loop has ended repairs nothing: it stops, and systemd starts another.
        self._worker = Worker("reconcile", lambda: reconciler.run(self._stop), self.stop)

    def _create_reporter(self) -> Reporter:
        settings = self._settings
        return Reporter(
            settings.host,
            self._store,
            self._controller,
            settings.report_interval_seconds,
            identity=load_identity(settings.state_path, settings.my_ip),
            on_reply=self._receive,
            on_report=self._record_report,
        )

    def _create_reconciler(self) -> Reconciler:
        settings = self._settings
        return Reconciler(
            self._store,
            self._kernel,
            Renderer(settings, FirewallRenderer(settings.nat)),
            wakeup=self._wakeup,
            clock=time.monotonic,
            resync_seconds=settings.resync_seconds,
            kept=() if settings.dhcp.force_release else (Lease,),
            on_pass=self._on_pass,
            trials=self._trials,
        )

    def run(self) -> bool:
        """Run until ``stop()`` is called; return whether a bug ended the loop."""
        try:
            self.start()
            if rpc.wait_for_broker(self._settings.rpc.transport_url, self._stop):
                self._connect()
                self._stop.wait()
        finally:
            self.stop()
            self.close()
        LOG.info("agent of host %s: stopped", self._settings.host)
        return self._worker.failed

    def start(self) -> None:
        """Start the loop, which needs no broker to rebuild the host's network from disk."""
        LOG.info("agent of host %s: starting (pid %d)", self._settings.host, os.getpid())
        # All objects so far live until the end. A full collection that visits them would stop all
        # threads for a tenth of a second.
        gc.freeze()
        self._worker.start()
        self._listener.start()
        threading.Thread(target=self._watch_trials, name="trials", daemon=True).start()

    def _watch_trials(self) -> None:
        """Have the controller reply often enough while a change is on trial."""
        self._path.remember()
        while not self._stop.wait(TRIAL_CHECK_SECONDS):
            if self._trials.check():
                self._reporter.wake()

    def _record_report(self, replied: bool) -> None:
        if replied:
            self._path.remember()
        self._trials.record_report(replied=replied)

    def _connect(self) -> None:
        """Start to report; the first reply starts to receive snapshots."""
        self._reached_broker.set()
        # A daemon: the process does not wait for a reply when it ends.
        threading.Thread(
            target=self._reporter.run, args=(self._stop,), name="report", daemon=True
        ).start()

    def _start_server(self) -> None:
        """Start to receive casts; if the broker refuses, the next reply starts another attempt."""
        starting = self._starting or self._create_server()
        self._starting = starting
        try:
            receives, reason = starting.wait(rpc.START_SECONDS), starting.describe()
        except (BrokerUnavailable, ConfigurationError) as error:
            receives, reason = False, str(error)
            starting.server.transport.cleanup()
            self._starting = None
        if not receives:
            self._conditions.start(NO_CASTS, f"{NO_CASTS} ({reason}); retrying with each report")
            return
        self._server, self._starting = starting.server, None
        self._conditions.resolve(NO_CASTS)
        self._reporter.wake()  # a cast before the start is lost

    def _create_server(self) -> rpc.ServerStart:
        endpoints = [AgentEndpoint(self._store, self._reporter.wake)]
        server = rpc.create_server(
            self._create_transport(), rpc.AGENT_TOPIC, self._settings.host, endpoints
        )
        return rpc.ServerStart(server, rpc.AGENT_TOPIC)

    def _create_transport(self) -> rpc.messaging.Transport:
        broker = self._settings.rpc
        return rpc.create_transport(self._conf, broker.transport_url, broker.control_exchange)

    def _receive(self, may_serve: bool) -> None:
        """Receive casts, or not: those for this host's name may be another agent's."""
        if may_serve and self._server is None:
            self._start_server()
        elif not may_serve and self._server is not None:
            self._server.stop()
            self._server = None

    def stop(self) -> None:
        """Ask all threads to end."""
        self._stop.set()
        self._wakeup.host_changed()
        self._reporter.wake()

    def close(self) -> None:
        """Wait for the loop to end, and close what it works with."""
        self._worker.join()
        self._listener.close()
        self._kernel.close()
        self._events.close()

    def _on_pass(self, status: HostStatus) -> None:
        self._reporter.update(status)
        if not self._ready.is_set() and status.leases is not None:  # None: the host was not read
            self._ready.set()
            notify_ready()

    def _cast_lease(self, event: LeaseEvent) -> None:
        if not self._reached_broker.is_set():
            return  # each attempt would fail a second later; the first report has all leases
        self._controller.cast_lease(LEASE_ACTIONS[event.action], str(event.address), event.mac)


def _stop_on_signals(agent: Agent) -> None:
    def stop(number: signal.Signals) -> None:
        LOG.info("%s received: stopping; the host's network stays", number.name)
        agent.stop()

    signals.call_on((signal.SIGTERM, signal.SIGINT), stop)


@contextmanager
def _lock(state_path: Path) -> Iterator[None]:
    """Hold the lock of a host's agent.

    :raises ConfigurationError: another agent holds it
    """
    try:
        # dnsmasq, which is not root, passes through to its files; nobody lists the directory.
        state_path.mkdir(mode=0o711, parents=True, exist_ok=True)
        lock = os.fdopen(open_regular(state_path / "agent.lock", os.O_WRONLY | os.O_CREAT), "w")
    except OSError as error:
        raise ConfigurationError(f"state_path: cannot use {state_path}: {error}") from error
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
