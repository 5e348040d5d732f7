"""A controller that is killed leaves each transaction complete or absent."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.fixtures.controller.world import a_world

WORKER = textwrap.dedent("""
    import sys
    from itertools import count
    from cloudnet.controller.compose import build_services
    from cloudnet.controller.db.engine import Database
    from cloudnet.controller.notify.port import NullNotifier
    from cloudnet.controller.service.instances.allocation import BootRequest
    from tests.fixtures.controller.world import SETTINGS, instance

    instances = build_services(SETTINGS, Database(sys.argv[1]), NullNotifier()).instances
    for number in count():
        instances.allocate(BootRequest(instance(number), "a", "node2"))
        if number % 2:
            instances.deallocate(instance(number))
        print(number, flush=True)
""")


def test_a_killed_controller_leaves_no_partial_allocation(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        world.network(size=1024, project="a")
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, world.settings.database],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout is not None
        for _ in range(25):
            worker.stdout.readline()
        worker.send_signal(signal.SIGKILL)
        rest = worker.stdout.read().split()
        worker.wait()

        last = int(rest[-1]) if rest else 24
        kept = world.one("SELECT count(*) FROM fixed_ips WHERE allocated")
        assert kept in (last // 2 + 1, last // 2 + 2)  # the last one may not have been printed
        assert world.one("SELECT count(*) FROM virtual_interfaces") == kept
        assert (
            world.rows(
                "SELECT f.id FROM fixed_ips f LEFT JOIN virtual_interfaces v "
                "ON v.id = f.virtual_interface_id WHERE f.allocated AND v.id IS NULL"
            )
            == []
        )
        world.boot(10_000)
        world.clock.pass_seconds(10**9)  # the worker's clock was the real one
        world.services.sweeper.sweep()
        instances = world.one("SELECT count(*) FROM fixed_ips WHERE instance_uuid IS NOT NULL")
        assert instances == kept + 1
        assert world.one("SELECT count(*) FROM instances") == instances
