"""Resident memory of both daemons at rest, after the measures before."""

import time

from tests.bench.figures import Figure, Goal
from tests.bench.site import Site

REST_SECONDS = 5


def measure(site: Site) -> list[Figure]:
    """Return both daemons' memory."""
    daemons = (("agent", site.agent, Goal(100)), ("controller", site.controller, None))
    time.sleep(REST_SECONDS)
    return [
        Figure(f"{name}, resident", daemon.resident_megabytes, "MB", goal=goal)
        for name, daemon, goal in daemons
    ]
