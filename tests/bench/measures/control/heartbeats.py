"""A thousand agents that report no change, and an allocation beside them."""

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from cloudnet.common.wire.codec import from_wire
from cloudnet.common.wire.digests import digest_applied, digest_report
from cloudnet.common.wire.objects import Heartbeat, Report, ReportReply
from tests.bench.callers import call_in_turn
from tests.bench.databases import OwnController, run_controller
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.site import Site

HOSTS, INTERVAL = 1000, 10.0  # seconds between two heartbeats of a host
SENDERS = 8
TIMES, SECONDS = 50, 20.0


def measure(site: Site) -> list[Figure]:
    """Return what the heartbeats cost the controller, and an allocation beside them."""
    with run_controller(site, "sqlite") as controller:
        controller.create_network("bench", 0)
        hosts = [f"host{number}" for number in range(HOSTS)]
        with ThreadPoolExecutor(SENDERS) as executor:
            heartbeats = list(executor.map(partial(_settle, controller), hosts))
        alone = call_in_turn(lambda: controller.allocate("bench"), TIMES)
        with _sending(controller, heartbeats):
            began, used = time.monotonic(), controller.daemon.processor_seconds
            time.sleep(SECONDS)
            share = (controller.daemon.processor_seconds - used) / (time.monotonic() - began)
            beside = call_in_turn(lambda: controller.allocate("bench"), TIMES)
    return [
        Figure(
            f"{HOSTS} agents that report no change, share of a core", share * 100, "%", goal=Goal(5)
        ),
        Figure(
            f"allocate_for_instance beside {HOSTS} agents, p95",
            percentile(milliseconds(beside), 95),
            "ms",
            "without them",
            percentile(milliseconds(alone), 95),
            Goal(1.5, of_ratio=True),
            milliseconds(beside),
        ),
    ]


def _settle(controller: OwnController, host: str) -> Heartbeat:
    """Report until the host is settled; return the heartbeat that it sends from then on."""
    reply = from_wire(ReportReply, controller.report(Report(host, ())))
    report = Report(host, (), leases=(), origin=reply.origin)
    digest = digest_report(report)
    controller.report(Report(host, (), leases=(), origin=reply.origin, digest=digest))
    branch = None if reply.origin is None else reply.origin.branch
    return Heartbeat(host, digest, digest_applied(()), branch, reply.ranges.revision)


@contextmanager
def _sending(controller: OwnController, heartbeats: list[Heartbeat]) -> Iterator[None]:
    """Send each heartbeat once in an interval while the block runs."""
    turns, stop = itertools.cycle(heartbeats), threading.Event()
    pause = INTERVAL * SENDERS / len(heartbeats)

    def send() -> None:
        due = time.monotonic()
        while not stop.is_set():
            controller.heartbeat(next(turns))
            due += pause
            stop.wait(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
