"""``cloudnet-controller``: a stateless RPC service; several may share one database."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from oslo_config import cfg

from cloudnet.common import rpc, signals
from cloudnet.common.errors import (
    BrokerUnavailable,
    CloudnetError,
    ConfigurationError,
    DatabaseUnavailable,
    format_refusal,
)
from cloudnet.common.escape import write_line
from cloudnet.common.log_reload import reload_logging
from cloudnet.common.logs import set_up_logging
from cloudnet.common.missing import describe_missing_module
from cloudnet.common.retry import wait_until_available
from cloudnet.common.rpc_server import ErrorTranslation
from cloudnet.common.settings.load import load_controller
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.compose import build_services
from cloudnet.controller.db import schema
from cloudnet.controller.db.engine import Database
from cloudnet.controller.endpoint import AgentsEndpoint, network_endpoints
from cloudnet.controller.endpoint.nova_errors import to_nova
from cloudnet.controller.model.dns_updates import Zones
from cloudnet.controller.notify.announcer import Announcer
from cloudnet.controller.notify.dns_pusher import DnsPusher
from cloudnet.controller.notify.port import NullSink
from cloudnet.controller.notify.queued import QueuedNotifier
from cloudnet.controller.notify.rpc_caster import RpcCaster
from cloudnet.controller.notify.rpc_emitter import RpcEmitter
from cloudnet.controller.periodic import PeriodicTasks
from cloudnet.controller.service.dns.pushing import PushedNames, forget_pushed
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from cloudnet.controller.workers import Ends, Workers

LOG = logging.getLogger(__name__)

PROG = "cloudnet-controller"
STOP_SECONDS = 5
MAX_CONNECTIONS = 20  # of all workers; more calls than this at once only queue for the database
LEAST_CONNECTIONS = 4  # of each worker


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, finish the requests in progress and return the exit status."""
    words = sys.argv[1:] if argv is None else argv
    try:
        conf, settings = load_controller(words, PROG)
        set_up_logging(conf, PROG)

        def serve(ends: Ends | None = None) -> int:
            signals.call_on((signal.SIGHUP,), lambda _: reload_logging(words, PROG))
            return _refusal_to_status(lambda: run(conf, settings, _stop_event(), ends))

        if settings.processes == 1:
            return serve()
        gc.freeze()  # what is loaded so far is shared by all workers
        return Workers(settings.processes, serve, lambda: reload_logging(words, PROG)).run()
    except ConfigurationError as error:
        return _refuse(error)


def _refusal_to_status(work: Callable[[], None]) -> int:
    try:
        work()
    except (BrokerUnavailable, ConfigurationError, DatabaseUnavailable) as error:
        # Waiting does not help against these; wait_until_ready() waits for all others.
        return _refuse(error)
    return 0


def _refuse(error: CloudnetError) -> int:
    for line in format_refusal(PROG, error):
        write_line(sys.stderr, line)
    return 1


def _stop_event() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def request_stop(number: signal.Signals) -> None:
        LOG.info("%s received: finishing the requests in progress", number.name)
        stop.set()

    signals.call_on((signal.SIGTERM, signal.SIGINT), request_stop)
    return stop


def run(
    conf: cfg.ConfigOpts,
    settings: ControllerSettings,
    stop: threading.Event,
    ends: Ends | None = None,
) -> None:
    """Run a controller, or one of its workers, until ``stop`` is set.

    :param ends: of a worker; None: it is the only process
    """
    name = name_process(settings.host, ends)
    controller = Controller(conf, settings, name)
    if ends is not None:
        ends.call_when_orphaned(stop.set)
    try:
        if controller.wait_until_ready(stop):
            is_first = ends is None or ends.number == 0
            begins_branch = ends is None or ends.is_start
            controller.start(stop, begins_branch=begins_branch, has_periodic_tasks=is_first)
            if ends is not None:
                ends.note_ready()
            stop.wait()
            controller.stop()
    finally:
        controller.close()
    LOG.info("%s: stopped", name)


def name_process(host: str, ends: Ends | None) -> str:
    """Return what log records call this process: a controller, or one of its workers."""
    return f"controller {host}" + ("" if ends is None else f", worker {ends.number + 1}")


class Controller:
    """One process of a controller: database, queue, the RPC servers and the periodic tasks.

    :param name: of the process, in log records
    :raises DatabaseUnavailable: the driver of the database is not installed
    """

    def __init__(self, conf: cfg.ConfigOpts, settings: ControllerSettings, name: str) -> None:
        self._settings = settings
        self._name = name
        most = max(LEAST_CONNECTIONS, MAX_CONNECTIONS // settings.processes)
        connections = min(settings.workers, most) + 4
        self._database = Database(settings.database, connections=connections)
        self._transport = rpc.create_transport(
            conf, settings.rpc.transport_url, settings.rpc.control_exchange
        )
        snapshots = SnapshotReader(self._database, names_peers=settings.update_dns_entries)
        self._notifier = QueuedNotifier(snapshots, RpcCaster(self._transport))
        notifier = rpc.create_notifier(conf, settings.rpc.transport_url, f"network.{settings.host}")
        self._announcer = None if notifier is None else Announcer(RpcEmitter(notifier))
        services = build_services(
            settings, self._database, self._notifier, sink=self._announcer or NullSink()
        )
        self._hosts = services.hosts
        self._waiter = services.waiter
        network = network_endpoints(services)
        self._servers = {
            rpc.NETWORK_TOPIC: self._server(rpc.NETWORK_TOPIC, network, to_nova),
            rpc.HOSTS_TOPIC: self._server(rpc.HOSTS_TOPIC, network, to_nova),
            rpc.CONTROLLER_TOPIC: self._server(
                rpc.CONTROLLER_TOPIC, [AgentsEndpoint(services)], None
            ),
        }
        self._pusher = _build_pusher(settings, self._database)
        self._periodic = PeriodicTasks(
            settings.host,
            services.hosts,
            services.sweeper,
            services.dns,
            settings.report_interval_seconds,
            heartbeats=services.heartbeats,
        )

    def _server(
        self, topic: str, endpoints: list[object], translate_error: ErrorTranslation | None
    ) -> rpc.messaging.RPCServer:
        return rpc.create_server(
            self._transport,
            topic,
            # Not the bare name: network.<host> is served for every host by the pattern, and a queue
            # of this name would get each message for a compute node of that name once more.
            f"{PROG}@{self._settings.host}",
            endpoints,
            response_seconds=self._settings.rpc.response_timeout_seconds,
            translate_error=translate_error,
        )

    def wait_until_ready(self, stop: threading.Event) -> bool:
        """Wait for the database and the broker; False if ``stop`` is set first."""
        LOG.info("%s: starting (pid %d)", self._name, os.getpid())
        return wait_until_available(
            lambda: schema.require_head(self._database),
            condition="cannot use the database",
            unavailable=DatabaseUnavailable,
            stop=stop,
            logger=LOG,
        ) and rpc.wait_for_broker(self._settings.rpc.transport_url, stop)

    def start(
        self,
        stop: threading.Event,
        *,
        begins_branch: bool = True,
        has_periodic_tasks: bool = True,
    ) -> None:
        """Start the RPC servers, then the periodic tasks: the heartbeat says that calls are served.

        :param stop: set while the broker lets no server listen, it ends the process
        :param begins_branch: the database may have been restored since a controller ran last
        :param has_periodic_tasks: the first of several workers has them
        :raises BrokerUnavailable: the broker refuses to let a server listen
        :raises ConfigurationError: the queue library cannot work with its options
        """
        # All objects so far live until the end: a full collection need not visit them while
        # calls wait.
        gc.freeze()
        if begins_branch:
            self._hosts.begin_branch()
        started: list[rpc.messaging.RPCServer] = []
        for topic, server in self._servers.items():
            try:
                receives = rpc.start_server(server, topic, stop)
            except (BrokerUnavailable, ConfigurationError):
                _stop_servers(started)
                raise
            if not receives:
                _exit_without_library()
            started.append(server)
        self._periodic.is_first = has_periodic_tasks
        self._periodic.start()
        if has_periodic_tasks:
            if self._pusher is not None:
                self._pusher.start()
            else:
                forget_pushed(self._database)
        LOG.info(
            "%s: answering on topics %s, %s.<host>, and %s",
            self._name,
            rpc.NETWORK_TOPIC,
            rpc.NETWORK_TOPIC,
            rpc.CONTROLLER_TOPIC,
        )

    def stop(self) -> None:
        """Accept no more calls, finish those in progress and stop the periodic tasks.

        Calls that wait for hosts end with the reports of these, so reports are received longer.
        """
        *for_callers, for_agents = self._servers.values()
        if not (_stop_servers(for_callers, self._end_waits) and _stop_servers([for_agents])):
            # Without a broker, the library's threads resend replies without end and would keep the
            # process alive. The work is committed; callers time out and repeat their calls.
            LOG.warning(
                "the queue library has not stopped in %d s; exiting without it", STOP_SECONDS
            )
            _exit_without_library()
        self._periodic.stop()
        if self._pusher is not None and self._periodic.is_first:
            self._pusher.stop()

    def _end_waits(self) -> None:
        self._waiter.stop(STOP_SECONDS - 1)

    def close(self) -> None:
        """Notify hosts of the last changes and close all connections."""
        self._waiter.close()
        self._notifier.close()
        if self._announcer is not None:
            self._announcer.close()
        self._database.close()
        self._transport.cleanup()


def _build_pusher(settings: ControllerSettings, database: Database) -> DnsPusher | None:
    """Return what sends names to a DNS server; None: no driver is rfc2136.

    :raises ConfigurationError: the library for it is not installed
    """
    if settings.dns_server is None:
        return None
    try:
        from cloudnet.controller.notify.rfc2136 import UpdatedServer  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"DNS driver rfc2136: {describe_missing_module(error)}, or cloudnet's extra `dns`"
        ) from error
    names = PushedNames(database, private=settings.private_dns, public=settings.public_dns)
    return DnsPusher(names, UpdatedServer(settings.dns_server), Zones(settings.dns_server.zones))


def _exit_without_library() -> NoReturn:
    """End the process although threads of the queue library would keep it alive."""
    logging.shutdown()
    os._exit(0)


def _stop_servers(
    servers: Sequence[rpc.messaging.RPCServer], finish: Callable[[], None] = lambda: None
) -> bool:
    """Stop the servers in parallel; False if a reply could not be sent in time.

    :param finish: is called when a server accepts no more calls
    """

    def stop(server: rpc.messaging.RPCServer) -> None:
        server.stop()
        finish()
        server.wait()

    threads = [
        threading.Thread(target=stop, args=(server,), name="stop-server", daemon=True)
        for server in servers
    ]
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


if __name__ == "__main__":
    sys.exit(main())
