"""``cloudnet-controller``: stateless, as many as you like. Builds the parts and connects them."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType

from oslo_config import cfg

from cloudnet.common import rpc
from cloudnet.common.errors import ConfigurationError, DatabaseUnavailable
from cloudnet.common.logs import set_up_logging
from cloudnet.common.retry import wait_until_available
from cloudnet.common.settings import ControllerSettings, load_controller
from cloudnet.controller.compose import Services, services
from cloudnet.controller.db import schema
from cloudnet.controller.endpoint import AgentsEndpoint, network_endpoints
from cloudnet.controller.notify.rpc_caster import RpcCaster
from cloudnet.controller.periodic import Periodic

LOG = logging.getLogger(__name__)

PROG = "cloudnet-controller"
FINISH_SECONDS = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Answer until SIGTERM or SIGINT, then finish what has begun."""
    try:
        conf, settings = load_controller(sys.argv[1:] if argv is None else argv, PROG)
        set_up_logging(conf, PROG)
    except ConfigurationError as error:
        print(f"{PROG}: {error}", file=sys.stderr)  # noqa: T201 - the one line of a refusal
        return 1
    stop = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        LOG.info("%s: finishing what has begun", signal.Signals(signum).name)
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        run(conf, settings, stop)
    except DatabaseUnavailable as error:  # for a reason that waiting does not mend
        print(f"{PROG}: {error}", file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0


def run(conf: cfg.ConfigOpts, settings: ControllerSettings, stop: threading.Event) -> None:
    """Be a controller until ``stop`` is set."""
    with ExitStack() as open_things:
        transport = rpc.transport(conf, settings.rpc.transport_url, settings.rpc.control_exchange)
        open_things.callback(transport.cleanup)
        parts = open_things.enter_context(services(settings, RpcCaster(transport)))
        LOG.info("controller on host %s, pid %d", settings.host, os.getpid())
        if not wait_until_available(
            lambda: schema.require(parts.database),
            condition="cannot use the database",
            unavailable=DatabaseUnavailable,
            stop=stop,
            logger=LOG,
        ):
            return
        if not rpc.wait_for_broker(settings.rpc.transport_url, stop):
            return
        _serve(transport, settings, parts, stop)
    LOG.info("ended")


def _serve(
    transport: rpc.messaging.Transport,
    settings: ControllerSettings,
    parts: Services,
    stop: threading.Event,
) -> None:
    periodic = Periodic(settings.host, parts.hosts, parts.sweeper, settings.report_interval_seconds)
    turning = threading.Thread(target=periodic.run, args=(stop,), name="periodic")
    servers = [
        rpc.server(transport, rpc.NETWORK_TOPIC, settings.host, network_endpoints(parts)),
        rpc.server(transport, rpc.CONTROLLER_TOPIC, settings.host, [AgentsEndpoint(parts.hosts)]),
    ]
    # What is here now stays: a full collection need not walk it, with every call waiting.
    gc.freeze()
    turning.start()
    for server in servers:
        server.start()
    LOG.info("answering on topics %s and %s", rpc.NETWORK_TOPIC, rpc.CONTROLLER_TOPIC)
    stop.wait()
    if not _finish(servers):
        # Answers to callers are sent again and again while the broker is away, by threads that
        # would keep the process for as long. What they did is committed; callers ask again.
        LOG.warning("the broker takes no answers; ending without it")
        logging.shutdown()
        os._exit(0)
    turning.join()


def _finish(servers: Sequence[rpc.messaging.RPCServer]) -> bool:
    """Take no more calls and answer those that have begun; False: not all of it is done in time."""

    def finish(server: rpc.messaging.RPCServer) -> None:
        server.stop()
        server.wait()

    endings = [
        threading.Thread(target=finish, args=(server,), name="finish", daemon=True)
        for server in servers
    ]
    deadline = time.monotonic() + FINISH_SECONDS
    for ending in endings:
        ending.start()
    for ending in endings:
        ending.join(max(0.0, deadline - time.monotonic()))
    return not any(ending.is_alive() for ending in endings)


if __name__ == "__main__":
    sys.exit(main())
