"""`cloudnet-dhcpbridge` as dnsmasq runs it: a fork and an exec for each event."""

import os
import socket

from tests.bench.commands import time_command
from tests.bench.daemon import BIN
from tests.bench.figures import Figure, Goal, milliseconds, percentile
from tests.bench.site import Site

TIMES = 60
EVENT = ("add", "fa:16:3e:00:00:01", "10.0.0.3", "vm1")


def measure(site: Site) -> list[Figure]:
    """Return the time of an event, beside a Python and a program that do nothing."""
    path = site.directory / "events.sock"
    environment = {"PATH": os.defpath, "CLOUDNET_NETWORK": "bench", "CLOUDNET_SOCKET": str(path)}
    script = str(BIN / "cloudnet-dhcpbridge")
    python = str(BIN / "python")
    commands = {
        "script": (script, *EVENT),
        "old": (script, "old", *EVENT[1:]),
        "python": (python, "-I", "-c", "pass"),
        "true": ("/bin/true",),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as agent:
        agent.bind(str(path))
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(TIMES):
            for name, argv in commands.items():
                taken[name].append(time_command(argv, environment))
                if name == "script":
                    agent.recv(4096)
    p50 = {name: percentile(milliseconds(each), 50) for name, each in taken.items()}
    script_ms = milliseconds(taken["script"])
    python_p50 = ("python -I -c pass", p50["python"])
    return [
        Figure(
            "cloudnet-dhcpbridge add, p50", p50["script"], "ms", *python_p50, Goal(60), script_ms
        ),
        Figure(
            "cloudnet-dhcpbridge add, p95", percentile(script_ms, 95), "ms", "true", p50["true"]
        ),
        Figure("cloudnet-dhcpbridge old, p50", p50["old"], "ms", *python_p50),
    ]
